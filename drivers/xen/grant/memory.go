package grant

import "internal/mirage/dma"

// A Memory is memory that another domain may reach, page by page.
type Memory struct {
	*dma.Memory
	table *Table
	refs  []Ref // those that have not ended
}

// Alloc returns at least n bytes of zeroed memory that a domain may read, and write if write is set.
func (t *Table) Alloc(to uint16, n int, write bool) (*Memory, error) {
	t.sweep()
	mem := dma.Alloc(n)
	if mem == nil {
		return nil, errMemory
	}
	m := &Memory{Memory: mem, table: t}
	for off := 0; off < mem.Len(); off += dma.PageSize {
		r, err := t.give(to, mem.Addr()+uint64(off), write)
		if err != nil {
			m.Close()
			return nil, err
		}
		m.refs = append(m.refs, r)
	}
	return m, nil
}

// Ref is the right to the page that has the byte at off.
func (m *Memory) Ref(off int) uint32 { return uint32(m.refs[off/dma.PageSize]) }

// Close ends the rights, frees the memory, and returns true; false while the other domain has a page mapped: then the table
// tries again when it is asked for memory. The memory must not be used any more.
func (m *Memory) Close() bool {
	if m.end() {
		return true
	}
	m.table.mu.Lock()
	m.table.held = append(m.table.held, m)
	m.table.mu.Unlock()
	return false
}

// end is Close, once.
func (m *Memory) end() bool {
	held := m.refs[:0]
	for _, r := range m.refs {
		if !m.table.end(r) {
			held = append(held, r)
		}
	}
	m.refs = held
	if len(held) > 0 {
		return false
	}
	if m.Memory != nil {
		m.Memory.Free()
		m.Memory = nil
	}
	return true
}
