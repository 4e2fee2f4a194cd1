// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program signatures compares what gft -lv lists of a binary's functions with
// the functions' declarations in the source.  Its arguments are "args" or "ret"
// and the file with the list.  It prints each function that differs, and at the
// end "N functions, M differ".
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
)

type function struct {
	name string
	vals []string // names of its arguments or results
	file string
	line int
}

func read(path, prefix string) (all []function, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if !strings.HasPrefix(s.Text(), " ") {
			p := strings.SplitN(line, ":", 3) // uprobe:BINARY:NAME
			all = append(all, function{name: p[len(p)-1]})
			continue
		}
		cur := &all[len(all)-1]
		if strings.HasPrefix(line, prefix+".") {
			cur.vals = append(cur.vals, strings.Fields(line[len(prefix)+1:])[0])
		} else if i := strings.Index(line, ".go:"); i > 0 && line[0] == '/' && cur.file == "" {
			cur.file = line[:i+3]
			cur.line, _ = strconv.Atoi(strings.Fields(line[i+4:])[0])
		}
	}
	return all, s.Err()
}

// names of a list's parameters or results, "" for those that have none
func names(lists ...*ast.FieldList) (out []string) {
	for _, l := range lists {
		if l == nil {
			continue
		}
		for _, f := range l.List {
			if len(f.Names) == 0 {
				out = append(out, "")
			}
			for _, n := range f.Names {
				if n.Name == "_" {
					n.Name = ""
				}
				out = append(out, n.Name)
			}
		}
	}
	return out
}

// same compares names; results without one have their number in the list, arguments
// without one are not listed.
func same(want, got []string, results bool) bool {
	k := 0
	for i, w := range want {
		if w == "" && !results {
			continue
		}
		if k == len(got) || (got[k] != w && (w != "" || got[k] != strconv.Itoa(i))) {
			return false
		}
		k++
	}
	return k == len(got)
}

func main() {
	results := os.Args[1] == "ret"
	all, err := read(os.Args[2], os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	set, files := token.NewFileSet(), map[string]*ast.File{}
	compared, differ := 0, 0
	for _, f := range all {
		file, ok := files[f.file]
		if !ok && f.file != "" {
			file, _ = parser.ParseFile(set, f.file, nil, 0)
			files[f.file] = file
		}
		if file == nil {
			continue
		}
		base := f.name[strings.LastIndex(f.name, "/")+1:]
		if i := strings.Index(base, "["); i > 0 {
			base = base[:i] + base[strings.LastIndex(base, "]")+1:]
		}
		found, fits := [][]string{}, false
		ast.Inspect(file, func(n ast.Node) bool {
			d, ok := n.(*ast.FuncDecl)
			if !ok || set.Position(d.Pos()).Line != f.line || !strings.HasSuffix(base, "."+d.Name.Name) {
				return true
			}
			want := names(d.Recv, d.Type.Params)
			if results {
				want = names(d.Type.Results)
			}
			found = append(found, want)
			fits = fits || same(want, f.vals, results)
			return true
		})
		if len(found) == 0 {
			continue // a wrapper, or a function without a name
		}
		compared++
		if !fits {
			differ++
			fmt.Printf("%s (%s:%d) has %q, the source %q\n", f.name, f.file, f.line, f.vals, found)
		}
	}
	fmt.Println(compared, "functions,", differ, "differ")
}
