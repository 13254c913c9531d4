package bag

// FreeSpace is how many bytes may still be written below dir, as the file system says.
func FreeSpace(dir string) (int64, error) { return freeSpace(dir) }
