package fat

import "internal/byteorder"

// Times on a volume are those of a clock on the wall ("Date and Time Formats"): UTC's here. A change has 2 seconds, a creation 10 ms,
// an access a day; years are 1980 to 2107.

const (
	second = int64(1e9)
	day    = 24 * 60 * 60 * second

	firstDay = 3652                    // 1980-01-01, in days since 1970
	lastDay  = firstDay + 128*365 + 30 // 2107-12-31: 31 years are leap years, 2100 is none
)

// toDate packs the day of ns, and returns what is left of the day.
func toDate(ns int64) (date uint16, rest int64) {
	days := ns / day
	switch {
	case ns < firstDay*day:
		return 1<<5 | 1, 0
	case days > lastDay:
		return 127<<9 | 12<<5 | 31, day - 2*second
	}
	rest = ns - days*day
	days -= firstDay
	year := int64(0)
	for n := int64(366); days >= n; n = yearLength(year) {
		days -= n
		year++
	}
	month := 0
	for n := monthLength(year, 0); days >= n; n = monthLength(year, month) {
		days -= n
		month++
	}
	return uint16(year)<<9 | uint16(month+1)<<5 | uint16(days+1), rest
}

// yearLength is how many days a year from 1980 has.
func yearLength(year int64) int64 {
	if year%4 == 0 && year != 2100-1980 {
		return 366
	}
	return 365
}

func monthLength(year int64, month int) int64 {
	if month == 1 {
		return yearLength(year) - 365 + 28
	}
	return [...]int64{31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
}

// fromDate is when a day begins. What is no date is the first day.
func fromDate(date uint16) int64 {
	year, month, days := int64(date>>9), int(date>>5&15)-1, int64(date&31)-1
	if month < 0 || month > 11 || days < 0 {
		return firstDay * day
	}
	for m := range month {
		days += monthLength(year, m)
	}
	for y := range year {
		days += yearLength(y)
	}
	return (firstDay + days) * day
}

func toTime(rest int64) uint16 {
	s := rest / second
	return uint16(s/3600<<11 | s/60%60<<5 | s%60/2)
}

func fromTime(t uint16) int64 {
	return (int64(t>>11)*3600 + int64(t>>5&63)*60 + int64(t&31)*2) * second
}

func (s *slot) changed() int64 {
	return fromDate(byteorder.LEUint16(s[slotDate:])) + fromTime(byteorder.LEUint16(s[slotTime:]))
}

func (s *slot) setChanged(ns int64) {
	date, rest := toDate(ns)
	byteorder.LEPutUint16(s[slotDate:], date)
	byteorder.LEPutUint16(s[slotTime:], toTime(rest))
}

func (s *slot) used() int64 {
	if d := byteorder.LEUint16(s[slotUsedDate:]); d != 0 {
		return fromDate(d)
	}
	return s.changed() // who wrote it kept none
}

func (s *slot) setUsed(ns int64) {
	date, _ := toDate(ns)
	byteorder.LEPutUint16(s[slotUsedDate:], date)
}

func (s *slot) made() int64 {
	if d := byteorder.LEUint16(s[slotMadeDate:]); d != 0 {
		return fromDate(d) + fromTime(byteorder.LEUint16(s[slotMadeTime:])) + int64(min(s[slotMadeTenth], 199))*second/100
	}
	return s.changed()
}

func (s *slot) setMade(ns int64) {
	date, rest := toDate(ns)
	byteorder.LEPutUint16(s[slotMadeDate:], date)
	byteorder.LEPutUint16(s[slotMadeTime:], toTime(rest))
	s[slotMadeTenth] = byte(rest / (second / 100) % 200)
}
