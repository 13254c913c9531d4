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
	m := matching{
		cost: cost, rowPrice: make([]float64, rows+1), columnPrice: make([]float64, columns+1), rowOf: make([]int, columns+1),
	}
	for row := 1; row <= rows; row++ {
		m.add(row)
	}
	found := make([]int, rows)
	for i := range found {
		found[i] = -1
	}
	for j := 1; j <= columns; j++ {
		if m.rowOf[j] > 0 {
			found[m.rowOf[j]-1] = j - 1
		}
	}
	return found
}

// A matching is the best one of the rows added so far. Rows and columns count from 1; column 0 is the one that the row to
// be added has at first.
type matching struct {
	cost                  [][]float64
	rowPrice, columnPrice []float64
	rowOf                 []int // of each column; 0 is free
}

// add gives a row a column, along the path of least price that ends in a free one: each row on it takes the next column.
func (m *matching) add(row int) {
	m.rowOf[0] = row
	least, from := make([]float64, len(m.rowOf)), make([]int, len(m.rowOf))
	for j := range least {
		least[j] = math.Inf(1)
	}
	done := make([]bool, len(m.rowOf))
	at := 0
	for m.rowOf[at] != 0 {
		done[at] = true
		i, step, next := m.rowOf[at], math.Inf(1), 0
		for j := 1; j < len(m.rowOf); j++ {
			if done[j] {
				continue
			}
			if c := m.cost[i-1][j-1] - m.rowPrice[i] - m.columnPrice[j]; c < least[j] {
				least[j], from[j] = c, at
			}
			if least[j] < step {
				step, next = least[j], j
			}
		}
		m.reprice(done, least, step)
		at = next
	}
	for at != 0 {
		m.rowOf[at] = m.rowOf[from[at]]
		at = from[at]
	}
}

// reprice makes the cheapest way out of the columns that are done cost nothing.
func (m *matching) reprice(done []bool, least []float64, step float64) {
	for j := range done {
		if done[j] {
			m.rowPrice[m.rowOf[j]] += step
			m.columnPrice[j] -= step
		} else {
			least[j] -= step
		}
	}
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
