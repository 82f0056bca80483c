// Package nearest finds the name that was probably meant.
package nearest

// Of returns the candidate that differs least from name, if one is near enough
// to have been meant: at most a third of the longer one's letters differ. Of
// equally near ones it is the first.
func Of(name string, candidates []string) (string, bool) {
	best, bestDistance := "", -1
	for _, c := range candidates {
		longer := max(len(name), len(c))
		if (longer-min(len(name), len(c)))*3 > longer {
			continue // too different in length alone, and the comparison costs
		}
		d := distance(name, c)
		if d*3 <= longer && (bestDistance < 0 || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best, bestDistance >= 0
}

// distance is the number of bytes to insert, delete, replace or swap with their
// neighbours.
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := row[j]
			if a[i] != b[j] {
				cost++
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cost = min(cost, before[j-1]+1)
			}
			next[j+1] = min(cost, next[j]+1, row[j+1]+1)
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
