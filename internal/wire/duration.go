package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// endless is .NET's longest TimeSpan, with which the service says "no limit".
const endless = "P10675199DT2H48M5.4775807S"

// tick is what .NET counts time in.
const tick = 100 * time.Nanosecond

// maxDigits bounds a number in a duration, so that no sum overflows.
const maxDigits = 9

// parseDuration reads an xsd:duration above zero (XML Schema 1.0, part 2,
// section 3.2.6), with .NET's lengths of years and months. One that is longer
// than a time.Duration can be, 292 years, is 0: no limit.
func parseDuration(s string) (time.Duration, error) {
	date, clock, timed := strings.Cut(strings.TrimPrefix(s, "P"), "T")
	const day = 24 * 60 * 60
	days, _, err := parseUnits(date, "YMD", []int64{365 * day, 30 * day, day})
	seconds, fraction, err2 := parseUnits(clock, "HMS", []int64{60 * 60, 60, 1})
	seconds += days
	fraction = fraction / tick * tick
	switch {
	case !strings.HasPrefix(s, "P"), err != nil, err2 != nil, timed && clock == "", seconds == 0 && fraction == 0:
		return 0, fmt.Errorf("%.40q is not a duration above zero, as in P90D or PT36H", s)
	case seconds >= math.MaxInt64/int64(time.Second):
		return 0, nil
	}
	return time.Duration(seconds)*time.Second + fraction, nil
}

// parseUnits sums numbers, each followed by one of the letters of units in
// their order; the number before an S may have a fraction.
func parseUnits(s, units string, lengths []int64) (sum int64, fraction time.Duration, err error) {
	for s != "" {
		end := strings.IndexAny(s, units)
		if end < 0 {
			return 0, 0, strconv.ErrSyntax
		}
		number, unit := s[:end], s[end]
		s = s[end+1:]
		if unit == 'S' {
			if number, fraction, err = cutFraction(number); err != nil {
				return 0, 0, err
			}
		}
		n, err := strconv.ParseUint(number, 10, 63)
		if err != nil || len(number) > maxDigits {
			return 0, 0, strconv.ErrSyntax
		}
		at := strings.IndexByte(units, unit)
		sum += int64(n) * lengths[at]
		units, lengths = units[at+1:], lengths[at+1:]
	}
	return sum, fraction, nil
}

// cutFraction takes the digits after a decimal point off, as nanoseconds.
func cutFraction(number string) (whole string, fraction time.Duration, err error) {
	whole, digits, ok := strings.Cut(number, ".")
	if !ok {
		return number, 0, nil
	}
	if digits == "" || len(digits) > maxDigits {
		return "", 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(digits+strings.Repeat("0", maxDigits-len(digits)), 10, 63)
	return whole, time.Duration(n), err
}

// formatDuration writes what .NET's XmlConvert does: units of 100 ns, parts
// that are zero left out. 0 is no limit.
func formatDuration(d time.Duration) string {
	if d <= 0 {
		return endless
	}
	const day = 24 * time.Hour
	out := "P"
	if days := d / day; days > 0 {
		out += fmt.Sprintf("%dD", days)
	}
	d = d % day / tick * tick
	if d == 0 && out != "P" {
		return out
	}
	out += "T"
	if h := d / time.Hour; h > 0 {
		out += fmt.Sprintf("%dH", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		out += fmt.Sprintf("%dM", m)
	}
	if s := d % time.Minute; s > 0 || d == 0 {
		out += strconv.FormatFloat(s.Seconds(), 'f', -1, 64) + "S"
	}
	return out
}
