// Command alone links package runtime and nothing else: no library OS and no driver.
package main

func main() { println("alone") }
