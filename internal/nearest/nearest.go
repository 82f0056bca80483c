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

// distance is the number of bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
