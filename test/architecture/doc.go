// Package architecture holds tests on the shape of the repository: who imports
// whom, what the documentation says of the files, how tests may be written.
package architecture
