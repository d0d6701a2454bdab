package egress_test

import (
	"bytes"
	"encoding/binary"
)

// dnsAnswer answers a query (RFC 1035 §4.1) of one question over TCP: one A
// record for the name asked, whatever its type.
func dnsAnswer(query []byte, addr [4]byte) []byte {
	const header = 12
	question := query[header:]
	end := bytes.IndexByte(question, 0) + 1 + 4 // the name, its type and class
	question = question[:end]
	m := append([]byte{}, query[:2]...)               // id
	m = append(m, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0) // an answer; 1 question, 1 answer
	m = append(m, question...)
	m = append(m, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 60) // the same name, A, IN, 60 s
	m = append(m, 0, 4)
	m = append(m, addr[:]...)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
}
