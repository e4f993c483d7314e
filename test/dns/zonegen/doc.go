// Package zonegen makes zones and queries for tests and measurements.
package zonegen
