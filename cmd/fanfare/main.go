// Command fanfare is a notification hub that speaks the REST API of Azure
// Notification Hubs, with a development hub and a client for both.
package main

import (
	"os"

	"github.com/fanfare-hub/fanfare/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
