//go:build withtcp

package main

import _ "mirage/netstack/tcp"
