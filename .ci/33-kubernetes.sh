#!/usr/bin/env bash
# The example for Kubernetes against its own types, strictly: a field that is not theirs fails.
set -euo pipefail
examples=$PWD/examples
rm -rf "$1/kubernetes"
mkdir "$1/kubernetes"
cd "$1/kubernetes"
cat >main.go <<'GO'
package main

import (
	"log"
	"os"
	"strings"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		for _, document := range strings.Split(string(text), "\n---\n") {
			var head struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal([]byte(document), &head); err != nil {
				log.Fatal(file, ": ", err)
			}
			object := map[string]any{
				"v1 Secret": &core.Secret{}, "v1 ConfigMap": &core.ConfigMap{}, "batch/v1 Job": &batch.Job{},
			}[head.APIVersion+" "+head.Kind]
			if object == nil {
				log.Fatalf("%s: %+v is not known", file, head)
			}
			if err := yaml.UnmarshalStrict([]byte(document), object); err != nil {
				log.Fatal(file, ": ", err)
			}
			log.Print(file, ": ", head.Kind)
		}
	}
}
GO
go mod init kubernetes
go get k8s.io/api@v0.32.3 k8s.io/apimachinery@v0.32.3 sigs.k8s.io/yaml@v1.4.0

go run -mod=mod . "$examples/kubernetes/job.yml"
