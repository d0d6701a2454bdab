package pnssim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// live is the word for no fate.
const live = "live"

// words are the fates that each service knows.
var words = map[Service][]string{
	APNs:    wordsOf(apnsRefusals, "sandbox"),
	FCM:     wordsOf(fcmRefusals),
	WNS:     wordsOf(wnsRefusals, "kept"),
	MPNS:    wordsOf(mpnsRefusals, "answer"),
	ADM:     wordsOf(admRefusals, "answer", "replaced"),
	Baidu:   wordsOf(baiduRefusals, "answer"),
	Xiaomi:  append(wordsOf(xiaomiRefusals, "answer"), slices.Collect(maps.Keys(xiaomiDead))...),
	Browser: wordsOf(browserRefusals, "answer", "offline", "flood", "drip"),
}

// wordsOf are those with a refusal of their own, more, and everybody's.
func wordsOf[V any](refusals map[string]V, more ...string) []string {
	return slices.Concat(slices.Collect(maps.Keys(refusals)), more, []string{live, "slow", "hang", "reset"})
}

// Words returns the fates that a service knows, in alphabetical order.
func Words(svc Service) []string { return slices.Sorted(slices.Values(words[svc])) }

// maxTimes bounds how often a fate is asked for in ParseWord.
const maxTimes = 1000

// ParseWord reads a fate as handles ask for it, without its fate-: gone,
// throttled-3, slow-200, answer-403; live is none. It is stricter than
// ParseFate: the error says which words the service knows, or which numbers.
func ParseWord(svc Service, word string) (Fate, error) {
	kind, digits, numbered := strings.Cut(word, "-")
	if !slices.Contains(words[svc], kind) {
		return Fate{}, fmt.Errorf("%.40q is no fate of %s; there are %s", word, svc, strings.Join(Words(svc), ", "))
	}
	if kind == live && !numbered {
		return Fate{}, nil
	}
	f, ok := readWord(word)
	n, err := strconv.Atoi(digits)
	whole := ok && (!numbered || err == nil && n > 0)
	switch {
	case kind == "answer":
		if least, most := codes(svc); !whole || n < least || n > most {
			return Fate{}, fmt.Errorf("%.40q: at %s answer has a code from %d to %d, as in answer-403", word, svc, least, most)
		}
	case kind == "slow":
		if !whole || f.Delay > maxSlow {
			return Fate{}, fmt.Errorf("%.40q: slow has up to %d milliseconds, as in slow-200", word, maxSlow.Milliseconds())
		}
	case kinds[kind]:
		if !whole || n > maxTimes {
			return Fate{}, fmt.Errorf("%.40q: %s has a number of times from 1 to %d, as in %s-3", word, kind, maxTimes, kind)
		}
	case numbered:
		return Fate{}, fmt.Errorf("%.40q: %s has no number", word, kind)
	}
	return f, nil
}

// codes are what the word answer can have at a service.
func codes(svc Service) (least, most int) {
	if svc == Baidu || svc == Xiaomi { // HTTP statuses, and numbers of their own
		return 1, 999_999
	}
	return 200, 599
}

// String is the word for the fate, as ParseWord reads it.
func (f Fate) String() string {
	switch {
	case f.Kind == "":
		return live
	case f.Kind == "slow":
		return "slow-" + strconv.FormatInt(f.Delay.Milliseconds(), 10)
	case f.Kind == "answer", kinds[f.Kind] && f.Times > 1:
		return f.Kind + "-" + strconv.Itoa(f.Times)
	}
	return f.Kind
}

// maxSlow is the most that a word can delay an answer by.
const maxSlow = 10 * time.Second

// readWord reads a word as it stands in handles; ok says that its kind is one,
// and its number a number.
func readWord(word string) (f Fate, ok bool) {
	kind, digits, _ := strings.Cut(word, "-")
	if _, known := kinds[kind]; !known {
		return Fate{}, false
	}
	n := 0
	for _, d := range []byte(digits) {
		if d < '0' || d > '9' || n > 1000 && kind != "answer" || n > 100_000 {
			return Fate{}, false
		}
		n = n*10 + int(d-'0')
	}
	switch {
	case kind == "slow" && n == 0:
		return Fate{Kind: kind, Delay: defaultSlow}, true
	case kind == "slow":
		return Fate{Kind: kind, Delay: time.Duration(n) * time.Millisecond}, true
	}
	return Fate{Kind: kind, Times: n}, true
}
