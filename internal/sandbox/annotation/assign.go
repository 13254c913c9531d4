package annotation

import "math"

// assign gives each row at most one of the columns and each column at most one row, as
// many as there can be, at the least total cost; -1 is no column. It is the Hungarian
// method, O(rows² × columns).
func assign(cost [][]float64, columns int) []int {
	rows := len(cost)
	if rows > columns {
		return assignTransposed(cost, columns)
	}
	rowPrice, columnPrice := make([]float64, rows+1), make([]float64, columns+1)
	rowOf := make([]int, columns+1) // counted from 1; 0 is free
	for row := 1; row <= rows; row++ {
		rowOf[0] = row
		least, from := make([]float64, columns+1), make([]int, columns+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		done := make([]bool, columns+1)
		at := 0
		for rowOf[at] != 0 {
			done[at] = true
			i, step, next := rowOf[at], math.Inf(1), 0
			for j := 1; j <= columns; j++ {
				if done[j] {
					continue
				}
				if c := cost[i-1][j-1] - rowPrice[i] - columnPrice[j]; c < least[j] {
					least[j], from[j] = c, at
				}
				if least[j] < step {
					step, next = least[j], j
				}
			}
			for j := range done {
				if done[j] {
					rowPrice[rowOf[j]] += step
					columnPrice[j] -= step
				} else {
					least[j] -= step
				}
			}
			at = next
		}
		for at != 0 {
			rowOf[at] = rowOf[from[at]]
			at = from[at]
		}
	}
	found := make([]int, rows)
	for i := range found {
		found[i] = -1
	}
	for j := 1; j <= columns; j++ {
		if rowOf[j] > 0 {
			found[rowOf[j]-1] = j - 1
		}
	}
	return found
}

func assignTransposed(cost [][]float64, columns int) []int {
	turned := make([][]float64, columns)
	for j := range turned {
		turned[j] = make([]float64, len(cost))
		for i := range cost {
			turned[j][i] = cost[i][j]
		}
	}
	found := make([]int, len(cost))
	for i := range found {
		found[i] = -1
	}
	for j, i := range assign(turned, len(cost)) {
		if i >= 0 {
			found[i] = j
		}
	}
	return found
}
