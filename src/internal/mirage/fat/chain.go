package fat

import "internal/mirage/linuxabi/linux"

// A chain is the clusters of a file or a directory, in order, as far as they are known in memory.
type chain struct {
	first uint32 // 0: there are none
	runs  []run  // the beginning of the chain
	known uint32 // how many clusters the runs have

	// Where the last search ended, beyond the runs, for what is too scattered to be kept.
	index, cluster uint32
}

// maxRuns bounds what is kept of a chain.
const maxRuns = 256

func (c *chain) reset(first uint32) { *c = chain{first: first, runs: c.runs[:0]} }

// note adds a cluster, the index'th, if it is the next one and there is room.
func (c *chain) note(index, cluster uint32) {
	if index != c.known {
		return
	}
	if n := len(c.runs); n > 0 && c.runs[n-1].first+c.runs[n-1].count == cluster {
		c.runs[n-1].count++
	} else if n < maxRuns {
		c.runs = append(c.runs, run{cluster, 1})
	} else {
		return
	}
	c.known++
}

// find returns cluster index of the chain, 0 if that ends before it, and what the chain's last cluster is then and how many there
// are. The error is EIO.
func (v *Volume) find(c *chain, index uint32) (cluster, lastOne, length uint32, e linux.Errno) {
	if c.first == 0 {
		return 0, 0, 0, 0
	}
	if index < c.known {
		cluster, _ = c.within(index)
		return cluster, 0, 0, 0
	}
	i, at := uint32(0), c.first
	if c.known > 0 {
		r := c.runs[len(c.runs)-1]
		i, at = c.known-1, r.first+r.count-1
	} else {
		if !v.valid(at) {
			return 0, 0, 0, v.damaged()
		}
		c.note(0, at)
	}
	if c.cluster != 0 && c.index <= index && c.index > i {
		i, at = c.index, c.cluster
	}
	for i < index {
		n, e := v.successor(at)
		if e != 0 {
			return 0, 0, 0, e
		}
		if n == 0 {
			c.index, c.cluster = i, at
			return 0, at, i + 1, 0
		}
		if i++; i >= v.clusters {
			return 0, 0, 0, v.damaged() // it never ends
		}
		at = n
		c.note(i, at)
	}
	c.index, c.cluster = i, at
	return at, 0, 0, 0
}

// within returns a cluster that the runs have, and how many of its run begin with it.
func (c *chain) within(index uint32) (cluster, count uint32) {
	for _, r := range c.runs {
		if index < r.count {
			return r.first + index, r.count - index
		}
		index -= r.count
	}
	return 0, 0
}

// row returns how many of the clusters from index on, which is at cluster, lie in a row: at most limit.
func (v *Volume) row(c *chain, index, cluster, limit uint32) (n uint32, e linux.Errno) {
	n = 1
	if index < c.known {
		_, n = c.within(index)
		if index+n < c.known {
			return min(n, limit), 0
		}
	}
	for ; n < limit; n++ {
		next, _, _, e := v.find(c, index+n)
		if e != 0 || next != cluster+n {
			return n, e
		}
	}
	return min(n, limit), 0
}

// extend gives the chain clusters until it has count. The error is ENOSPC: it has those that there were.
func (v *Volume) extend(c *chain, count uint32) linux.Errno {
	if count == 0 {
		return 0
	}
	_, tail, length, e := v.find(c, count-1)
	if e != 0 || tail == 0 && c.first != 0 {
		return e
	}
	for ; length < count; length++ {
		n, e := v.allocate(tail)
		if e != 0 {
			return e
		}
		if tail == 0 {
			c.reset(n)
		} else if e = v.setNext(tail, n); e != 0 {
			return e
		}
		c.note(length, n)
		c.index, c.cluster = length, n
		tail = n
	}
	return 0
}

// cut ends the chain after count clusters, and gives up the rest.
func (v *Volume) cut(c *chain, count uint32) linux.Errno {
	if c.first == 0 {
		return 0
	}
	if count == 0 {
		first := c.first
		c.reset(0)
		return v.release(first)
	}
	end, _, _, e := v.find(c, count-1)
	if e != 0 || end == 0 {
		return e
	}
	rest, e := v.successor(end)
	if e != 0 || rest == 0 {
		return e
	}
	if e = v.setNext(end, last); e != 0 {
		return e
	}
	c.trim(count)
	return v.release(rest)
}

// trim forgets the clusters from count on.
func (c *chain) trim(count uint32) {
	c.index, c.cluster = 0, 0
	for c.known > count {
		r := &c.runs[len(c.runs)-1]
		n := min(r.count, c.known-count)
		c.known -= n
		if r.count -= n; r.count == 0 {
			c.runs = c.runs[:len(c.runs)-1]
		}
	}
}
