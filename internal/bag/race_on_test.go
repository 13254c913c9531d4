//go:build race

package bag

// mutants are how many of each fixture are read by default; the race detector makes each ten times slower.
const mutants = 40
