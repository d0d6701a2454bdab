package job

import (
	"bytes"
	"context"

	"github.com/fanfare-hub/fanfare/internal/blob"
)

// maxLine bounds a line of an import file, in bytes. The largest registration
// that the API takes has a MiB, and may be some times as long where its line
// breaks are written as references.
const maxLine = 8 << 20

// line is one line of an import file.
type line struct {
	number  int64  // from 1
	end     int64  // the offset after its line break
	text    []byte // without its line break; good until the next line is asked for
	tooLong bool   // text is empty
}

// lines reads a file part by part and gives its lines, from an offset on.
type lines struct {
	read func(ctx context.Context, offset int64, etag string) (blob.Part, error)

	number int64 // of the last line given
	offset int64 // of buf
	size   int64 // -1: not known yet
	etag   string
	buf    []byte // read, and not given yet
	seen   int    // bytes of buf that hold no line break
}

// next returns the file's next line; ok is false at its end.
func (l *lines) next(ctx context.Context) (out line, ok bool, err error) {
	tooLong := false
	for {
		if i := bytes.IndexByte(l.buf[l.seen:], '\n'); i >= 0 {
			return l.take(l.seen+i+1, tooLong), true, nil
		}
		l.seen = len(l.buf)
		if l.seen > maxLine {
			tooLong = true
			l.skip(l.seen) // it is of no use: only its end is looked for
		}
		if l.size >= 0 && l.offset+int64(len(l.buf)) >= l.size {
			if len(l.buf) == 0 && !tooLong {
				return line{}, false, nil
			}
			return l.take(len(l.buf), tooLong), true, nil
		}
		if err := l.more(ctx); err != nil {
			return line{}, false, err
		}
	}
}

// take gives the first n bytes as a line.
func (l *lines) take(n int, tooLong bool) line {
	text := bytes.TrimRight(l.buf[:n], "\r\n")
	tooLong = tooLong || len(text) > maxLine
	if tooLong {
		text = nil
	}
	if l.offset == 0 {
		text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, as some editors write
	}
	l.skip(n)
	l.number++
	return line{number: l.number, end: l.offset, text: text, tooLong: tooLong}
}

func (l *lines) skip(n int) {
	l.buf, l.offset, l.seen = l.buf[n:], l.offset+int64(n), 0
}

// more reads the next part behind what there is.
func (l *lines) more(ctx context.Context) error {
	at := l.offset + int64(len(l.buf))
	p, err := l.read(ctx, at, l.etag)
	if err != nil {
		return err
	}
	if l.size >= 0 && p.Size != l.size || len(p.Data) == 0 && p.Size > at {
		return &broken{"reading the file: it was changed while it was read"}
	}
	l.size, l.etag = p.Size, p.ETag
	l.buf = append(l.buf, p.Data...)
	return nil
}
