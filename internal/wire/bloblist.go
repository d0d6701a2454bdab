package wire

import (
	"io"
	"time"
)

// BlobItem is a file in a list of blob storage.
type BlobItem struct {
	Name         string
	LastModified time.Time
}

// AppendBlobList writes the answer to List Blobs of Azure's blob service:
// endpoint and container are parts of the address that was asked.
func AppendBlobList(b []byte, endpoint, container string, items []BlobItem) []byte {
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults`...)
	b = appendAttr(b, "ServiceEndpoint", endpoint)
	b = append(appendAttr(b, "ContainerName", container), "><Blobs>"...)
	for _, i := range items {
		b = append(b, "<Blob>"...)
		b = appendElement(b, "Name", i.Name)
		b = append(b, "<Properties>"...)
		b = appendElement(b, "Last-Modified", i.LastModified.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		b = appendElement(b, "Content-Type", "application/octet-stream")
		b = appendElement(b, "BlobType", "BlockBlob")
		b = append(b, "</Properties></Blob>"...)
	}
	return append(b, "</Blobs><NextMarker/></EnumerationResults>"...)
}

// DecodeBlobList reads the names of a list, and the marker of the next page; ""
// is the end. Errors are those of DecodeEntry.
func DecodeBlobList(r io.Reader) (names []string, next string, err error) {
	m, err := readMembers(r, "EnumerationResults")
	if err != nil {
		return nil, "", err
	}
	m.each("Blobs", "Blob", func(b *members) { names = append(names, b.text("Name")) })
	return names, m.text("NextMarker"), m.err
}

// AppendBlobError writes an error as Azure's blob service does.
func AppendBlobError(b []byte, code, message string) []byte {
	b = append(b, `<?xml version="1.0" encoding="utf-8"?><Error>`...)
	b = appendElement(b, "Code", code)
	b = appendElement(b, "Message", message)
	return append(b, "</Error>"...)
}
