package fs

import "internal/mirage/linuxabi/linux"

// chunkSize is the largest piece in which contents are kept, bytes.
const chunkSize = 64 << 10

// smallest is the first piece of a small file, bytes.
const smallest = 256

// content is what a regular file holds. A byte is the chunk's if its chunk exists, else the base's if the base
// reaches that far, else zero. Once a file has been mapped pages are in the place of chunks. The inode's lock guards it.
type content struct {
	size   int64
	base   []byte           // lies in the initrd; read, never written
	chunks map[int64][]byte // by offset/chunkSize; one that is shorter than chunkSize ends in zeros
	pages  Pages            // nil until the file is mapped
	bytes  int64            // in chunks or pages, reserved of the tree's limit
}

// held is how many bytes of memory the contents take.
func (c *content) held() int64 { return c.bytes + int64(len(c.base)) }

// readAt copies to p from offset off and returns how many bytes there were.
func (c *content) readAt(p []byte, off int64) int {
	if off >= c.size {
		return 0
	}
	p = p[:min(int64(len(p)), c.size-off)]
	if c.pages != nil {
		c.readPages(p, off)
		return len(p)
	}
	for done := 0; done < len(p); {
		index, at := (off+int64(done))/chunkSize, int((off+int64(done))%chunkSize)
		part := p[done:min(len(p), done+chunkSize-at)]
		src, ok := c.chunks[index]
		if !ok {
			src = c.baseChunk(index)
		}
		n := 0
		if at < len(src) {
			n = copy(part, src[at:])
		}
		clear(part[n:])
		done += len(part)
	}
	return len(p)
}

// baseChunk returns what the base holds of a chunk.
func (c *content) baseChunk(index int64) []byte {
	from := index * chunkSize
	if from >= int64(len(c.base)) {
		return nil
	}
	return c.base[from:min(from+chunkSize, int64(len(c.base)))]
}

// writeAt copies p to offset off, where off+len(p) does not overflow, and returns how much of it found room.
func (c *content) writeAt(f *FS, p []byte, off int64) (int, linux.Errno) {
	if c.pages != nil {
		return c.writePages(f, p, off)
	}
	done := 0
	for done < len(p) {
		index, at := (off+int64(done))/chunkSize, int((off+int64(done))%chunkSize)
		part := p[done:min(len(p), done+chunkSize-at)]
		chunk, e := c.own(f, index, at+len(part))
		if e != 0 {
			if done > 0 {
				break
			}
			return 0, e
		}
		copy(chunk[at:], part)
		done += len(part)
		c.size = max(c.size, off+int64(done))
	}
	return done, 0
}

// own returns the chunk as memory of its own, at least need bytes of it.
func (c *content) own(f *FS, index int64, need int) ([]byte, linux.Errno) {
	old, ok := c.chunks[index]
	if ok && len(old) >= need {
		return old, 0
	}
	if !ok {
		old = c.baseChunk(index)
	}
	size := smallest
	for size < max(need, len(old)) {
		size *= 2
	}
	more := int64(size)
	if ok {
		more -= int64(len(old))
	}
	if !f.reserve(more) {
		return nil, linux.ENOSPC
	}
	c.bytes += more
	chunk := make([]byte, size)
	copy(chunk, old)
	if c.chunks == nil {
		c.chunks = make(map[int64][]byte)
	}
	c.chunks[index] = chunk
	return chunk, 0
}

// truncate sets the size. What lies past a smaller one reads as zero if the file grows again.
func (c *content) truncate(f *FS, size int64) {
	if c.pages != nil {
		c.base = c.base[:min(int64(len(c.base)), size)]
		c.size = size
		c.pages.Resize(size)
		c.account(f)
		return
	}
	if size < c.size {
		c.base = c.base[:min(int64(len(c.base)), size)]
		last := size / chunkSize
		for index, chunk := range c.chunks {
			if index > last || index == last && size%chunkSize == 0 {
				delete(c.chunks, index)
				c.bytes -= int64(len(chunk))
				f.unreserve(int64(len(chunk)))
			}
		}
		if chunk := c.chunks[last]; int64(len(chunk)) > size%chunkSize {
			clear(chunk[size%chunkSize:])
		}
	}
	c.size = size
}

// zero makes [off, end) read as zero, as far as the file goes.
func (c *content) zero(f *FS, off, end int64) linux.Errno {
	end = min(end, c.size)
	if c.pages != nil {
		return c.zeroPages(f, off, end)
	}
	for off < end {
		index, at := off/chunkSize, off%chunkSize
		to := off + min(end-off, chunkSize-at)
		if _, ok := c.chunks[index]; ok || c.baseChunk(index) != nil {
			chunk, e := c.own(f, index, int(to-index*chunkSize))
			if e != 0 {
				return e
			}
			clear(chunk[at : to-index*chunkSize])
			off = to
			continue
		}
		off = c.nextHeld(index+1, end)
	}
	return 0
}

// nextHeld returns the offset of the first chunk from index on that holds something, at most end.
func (c *content) nextHeld(index, end int64) int64 {
	if index <= int64(len(c.base))/chunkSize {
		return min(end, index*chunkSize)
	}
	for i := range c.chunks {
		if i >= index {
			end = min(end, i*chunkSize)
		}
	}
	return end
}
