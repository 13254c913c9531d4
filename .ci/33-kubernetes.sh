#!/usr/bin/env bash
# The examples, strictly: Kubernetes' against its own types, Argo's against the JSON schema in its own module, as its types
# take minutes to build. A field that is not theirs fails, and so does YAML that "argo submit" refuses.
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

mkdir argo
cd argo
cat >main.go <<'GO'
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

func main() {
	schema := read(os.Args[1])
	for _, d := range schema["definitions"].(map[string]any) {
		d := d.(map[string]any)
		if _, open := d["additionalProperties"]; d["properties"] != nil && !open {
			d["additionalProperties"] = false
		}
	}
	c := jsonschema.NewCompiler()
	check(c.AddResource("argo.json", schema))
	workflow, err := c.Compile("argo.json#/definitions/io.argoproj.workflow.v1alpha1.Workflow")
	check(err)
	check(workflow.Validate(read(os.Args[2])))
	log.Print(os.Args[2], ": Workflow")
}

// read reads JSON or YAML.
func read(file string) (object map[string]any) {
	text, err := os.ReadFile(file)
	check(err)
	text, err = yaml.YAMLToJSONStrict(text)
	check(err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	check(d.Decode(&object))
	return object
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
GO
go mod init argo
go get github.com/santhosh-tekuri/jsonschema/v6@v6.0.3 sigs.k8s.io/yaml@v1.4.0
module=$(go mod download -json github.com/argoproj/argo-workflows/v3@v3.6.5 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
go run -mod=mod . "$module/api/jsonschema/schema.json" "$examples/argo/workflow.yml"
