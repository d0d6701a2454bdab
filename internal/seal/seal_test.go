package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fanfare-hub/fanfare/internal/seal"
)

func sealer(t *testing.T, fill byte) *seal.Sealer {
	t.Helper()
	s, err := seal.New(bytes.Repeat([]byte{fill}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeal(t *testing.T) {
	t.Parallel()
	s, plain, aad := sealer(t, 1), []byte("a secret"), []byte("hub 1")
	sealed := s.Seal(plain, aad)
	if bytes.Contains(sealed, plain) {
		t.Error("the secret stands in what was sealed")
	}
	if bytes.Equal(sealed, s.Seal(plain, aad)) {
		t.Error("two seals of one value are equal")
	}
	if got, err := s.Open(sealed, aad); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := s.Open(sealed, []byte("hub 2")); err == nil || errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("opened elsewhere: %v", err)
	}
	if _, err := sealer(t, 2).Open(sealed, aad); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("another key: %v, want ErrWrongKey", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := s.Open(changed, aad); err == nil {
			t.Errorf("byte %d was changed, and it opened", i)
		}
	}
	if _, err := s.Open(nil, aad); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := seal.New([]byte("short")); err == nil {
		t.Error("a short key was taken")
	}
}
