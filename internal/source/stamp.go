package source

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// stampOf reads the time that a file's name carries, in nanoseconds since the epoch,
// by the conventions of the common bag extractors: the last number of the name is a
// stamp if it has 19 digits (ns), 16 (µs) or 13 (ms); or the last two are seconds of
// 10 digits and a part of them, as in 1700000000.25, 1700000000-5 and 1700000000_5 (a
// decimal fraction after the dot, else nanoseconds). Any other number is a sequence.
func stampOf(name string) (int64, bool) {
	stem := trimExtension(path.Base(name))
	before, last := lastNumber(stem)
	if beginsWithDate(last) {
		return 0, false
	}
	switch len(last) {
	case 19:
		return parseStamp(last, "")
	case 16:
		return parseStamp(last, "000")
	case 13:
		return parseStamp(last, "000000")
	}
	if len(last) == 0 || len(last) > 9 || before == "" || !strings.HasSuffix(stem, last) {
		return 0, false
	}
	separator := before[len(before)-1]
	_, seconds := lastNumber(before[:len(before)-1])
	if len(seconds) != 10 || beginsWithDate(seconds) || !strings.HasSuffix(before[:len(before)-1], seconds) {
		return 0, false
	}
	zeros := strings.Repeat("0", 9-len(last))
	switch separator {
	case '.':
		return parseStamp(seconds, last+zeros)
	case '-', '_':
		return parseStamp(seconds, zeros+last)
	}
	return 0, false
}

// beginsWithDate reports whether a number of 10, 13 or 16 digits, which could be a stamp of 2030 or later, is
// rather a date and time, as 2023010112 is the twelfth hour of a day.
func beginsWithDate(digits string) bool {
	if n := len(digits); n != 10 && n != 13 && n != 16 || digits < "19" || digits >= "21" {
		return false
	}
	_, err := time.Parse("2006010215", digits[:10])
	return err == nil
}

// lastNumber cuts out the last run of digits: what comes before it, and itself.
func lastNumber(s string) (before, digits string) {
	end := strings.LastIndexAny(s, "0123456789") + 1
	start := end
	for start > 0 && isDigit(s[start-1]) {
		start--
	}
	return s[:start], s[start:end]
}

func parseStamp(digits, more string) (int64, bool) {
	ns, err := strconv.ParseInt(digits+more, 10, 64)
	if err != nil {
		return 0, false
	}
	return ns, true
}

var (
	date     = regexp.MustCompile(`(?:^|\D)(\d{4})([-_.]?)(\d{2})([-_.]?)(\d{2})(?:\D|$)`)
	dateTime = regexp.MustCompile(`(?:^|\D)(\d{4})(\d{2})(\d{2})\d{6}(?:\D|$)`) // 20231114221320
)

// dateOf is the date in a bag's name as 2026-03-04, or in the directories above it,
// the nearest first; empty if there is none. It never is the clock's.
func dateOf(rel string) string {
	for at := rel; at != "." && at != "/"; at = path.Dir(at) {
		if d := DateIn(path.Base(at)); d != "" {
			return d
		}
	}
	return ""
}

// DateIn is the first date that a name holds, as 2026-03-04; empty if it holds none.
func DateIn(name string) string {
	for _, m := range date.FindAllStringSubmatch(name, -1) {
		if m[2] == m[4] {
			if d := validDate(m[1], m[3], m[5]); d != "" {
				return d
			}
		}
	}
	if m := dateTime.FindStringSubmatch(name); m != nil {
		return validDate(m[1], m[2], m[3])
	}
	return ""
}

func validDate(year, month, day string) string {
	d := year + "-" + month + "-" + day
	if _, err := time.Parse(time.DateOnly, d); err != nil || year < "1900" {
		return ""
	}
	return d
}
