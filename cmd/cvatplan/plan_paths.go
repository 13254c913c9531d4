package main

// pathsOf are the local files that apply will read, for all that is to be uploaded.
func pathsOf(sessions []*session) []string {
	var paths []string
	for _, s := range sessions {
		upload := map[string]bool{}
		for _, c := range s.plan.Changes {
			upload[c.Task] = upload[c.Task] || c.Upload
		}
		for i, d := range s.want {
			if upload[d.Task] {
				paths = append(paths, s.tasks[i].Paths()...)
			}
		}
	}
	return paths
}
