package config

import (
	"slices"
	"strings"
)

// nearest returns the word that a misspelt one was likely meant to be; "" is
// none. Letter case and the signs between words make no difference, and of
// three letters one may be wrong.
func nearest(word string, words []string) string {
	const longest = 40 // of what can be a misspelt key, in bytes
	if len(word) > longest {
		return ""
	}
	if w := otherWords[plain(word)]; slices.Contains(words, w) {
		return w
	}
	best, least := "", 0
	for _, w := range words {
		d := distance(plain(word), plain(w))
		if d <= max(1, len(word)/3) && (best == "" || d < least) {
			best, least = w, d
		}
	}
	return best
}

// otherWords are how a push service is called elsewhere: in Azure's API, by its
// vendor, or by a standard.
var otherWords = map[string]string{
	"fcmv1": "fcm", "gcm": "fcm", "firebase": "fcm", "apple": "apns", "windows": "wns", "windowsphone": "mpns", "amazon": "adm",
	"webpush": "browser", "vapid": "browser",
}

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

func plain(word string) string { return separators.Replace(strings.ToLower(word)) }

// distance counts the letters that have to be put in, taken out, changed, or
// exchanged with their neighbour, to make one word of another: the optimal
// string alignment distance.
func distance(a, b string) int {
	var before []int // the row before the last one
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
