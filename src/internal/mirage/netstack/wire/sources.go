package wire

// A SourceFilter says from which sources a multicast group is wanted: those listed, or, if Exclude is set, all but those
// (RFC 3376 section 2). The zero filter wants nothing.
type SourceFilter struct {
	Exclude bool
	Sources []Addr // none twice
}

// AllSources wants everything.
var AllSources = SourceFilter{Exclude: true}

// Allows reports whether what a source sends is wanted.
func (f *SourceFilter) Allows(src Addr) bool { return f.Has(src) != f.Exclude }

// Has reports whether a source is listed.
func (f *SourceFilter) Has(src Addr) bool {
	for _, a := range f.Sources {
		if a == src {
			return true
		}
	}
	return false
}

// IsZero reports whether nothing is wanted.
func (f *SourceFilter) IsZero() bool { return !f.Exclude && len(f.Sources) == 0 }

// Equal reports whether f and g are the same; the order of sources means nothing.
func (f *SourceFilter) Equal(g *SourceFilter) bool {
	if f.Exclude != g.Exclude || len(f.Sources) != len(g.Sources) {
		return false
	}
	for _, a := range f.Sources {
		if !g.Has(a) {
			return false
		}
	}
	return true
}

// With returns f with a source more in its list, and Without with one less.
func (f *SourceFilter) With(src Addr) SourceFilter {
	return SourceFilter{f.Exclude, append(f.Sources[:len(f.Sources):len(f.Sources)], src)}
}

func (f *SourceFilter) Without(src Addr) SourceFilter {
	g := SourceFilter{Exclude: f.Exclude}
	for _, a := range f.Sources {
		if a != src {
			g.Sources = append(g.Sources, a)
		}
	}
	return g
}

// MergeFilters returns the filter that wants what any of several does: RFC 3376 section 3.2, RFC 3810 section 4.2.
func MergeFilters(all []SourceFilter) (merged SourceFilter) {
	wanted := func(src Addr) bool {
		for k := range all {
			if all[k].Allows(src) {
				return true
			}
		}
		return false
	}
	for k := range all {
		merged.Exclude = merged.Exclude || all[k].Exclude
	}
	for k := range all {
		for _, a := range all[k].Sources {
			if wanted(a) != merged.Exclude && !merged.Has(a) {
				merged.Sources = append(merged.Sources, a)
			}
		}
	}
	return merged
}
