package thumbnail

// Pick chooses which of n frames a contact sheet of at most count shows: the first,
// the last, and evenly spaced ones between them. The indices ascend; fewer frames
// than count are all shown.
func Pick(n, count int) []int {
	count = min(n, count)
	if count <= 0 {
		return nil
	}
	if count == 1 {
		return []int{0}
	}
	picked := make([]int, count)
	for i := range picked {
		picked[i] = i * (n - 1) / (count - 1)
	}
	return picked
}
