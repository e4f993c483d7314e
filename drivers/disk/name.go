package disk

// Name is what Linux calls disk n, from 0 on, of those with a prefix: vda to vdz, vdaa and so on.
func Name(prefix string, n int) string {
	letters := ""
	for ; n >= 0; n = n/26 - 1 {
		letters = string(rune('a'+n%26)) + letters
	}
	return prefix + letters
}
