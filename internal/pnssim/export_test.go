package pnssim

// ParseFCM returns the token of a message, or the status that refuses it.
func ParseFCM(body []byte) (token string, status int) {
	m, fault := parseFCM(body)
	if fault != nil {
		return "", fault.status
	}
	return m.token, 0
}
