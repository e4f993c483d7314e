// Command hello prints one line: the smallest program that is of any use.
package main

import "fmt"

func main() { fmt.Println("hello") }
