//go:build !race

package bag

// mutants are how many of each fixture are read by default.
const mutants = 150
