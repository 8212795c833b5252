import test from 'ava';
import {compileTemplate} from '../../source/cli/template/evaluator.ts';

const data = {
	Name: '/web',
	State: {Status: 'running', ExitCode: 0, Pid: 42},
	Config: {Cmd: ['sleep', '100'], Labels: {b: 'c', a: 'x y'}, Env: null},
	Ports: {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '8080'}], '443/tcp': null},
	Big: 1234.5,
	Label: (key: string) => `<${key}>`,
};

const rows: ReadonlyArray<readonly [template: string, output: string]> = [
	['{{.Name}} {{.State.Status}}', '/web running'],
	['{{json .State}}', '{"Status":"running","ExitCode":0,"Pid":42}'],
	['{{.Config.Cmd}} {{.Config.Labels}}', '[sleep 100] map[a:x y b:c]'],
	['{{.Config.Env}}', '<nil>'],
	['{{range .Config.Cmd}}<{{.}}>{{end}}', '<sleep><100>'],
	['{{range $i, $e := .Config.Cmd}}{{$i}}={{$e}};{{end}}', '0=sleep;1=100;'],
	['{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{end}}', 'a:x y b:c '],
	['{{range .Config.Env}}x{{else}}none{{end}}', 'none'],
	['{{(index (index .Ports "80/tcp") 0).HostPort}}', '8080'],
	['{{with index .Ports "80/tcp"}}{{(index . 0).HostIp}}{{end}}', '0.0.0.0'],
	['{{if eq .State.Status "running" "paused"}}up{{else if .State.Pid}}?{{else}}down{{end}}', 'up'],
	['{{if and .Name (gt .State.Pid 41) (not .Config.Env)}}yes{{end}}', 'yes'],
	['{{or .Config.Env "default"}}', 'default'],
	['{{len .Config.Cmd}} {{len .Name}}', '2 4'],
	['{{join .Config.Cmd ","}} {{split "a/b" "/"}} {{index (split "a/b" "/") 1}}', 'sleep,100 [a b] b'],
	['{{.Name | upper | printf "%-8s|"}}', '/WEB    |'],
	['{{printf "%05d %q %.2f %v %x" 42 "a\\tb" 1.5 true 255}}', '00042 "a\\tb" 1.50 true ff'],
	['{{title "hello world"}} {{lower "ABC"}} {{truncate "abcdef" 3}} {{pad "x" 1 2}}|', 'Hello World abc abc  x  |'],
	['{{ $x := .State }}{{ $x.Pid }}{{ $x = .Name }}{{ $x }}', '42/web'],
	['a {{- .Name -}} b', 'a/webb'],
	['{{/* nothing */}}x{{- /* nor here */ -}} y', 'xy'],
	['{{.Label "k"}}', '<k>'],
	['{{range .Config.Cmd}}{{if eq . "100"}}{{break}}{{end}}{{.}}{{end}}', 'sleep'],
	['{{println "a" 1}}{{print 1 2 "x"}}', 'a 1\n1 2x'],
	['{{slice "abcdef" 1 3}}{{`raw\\n`}}', 'bcraw\\n'],
	['{{true}} {{json nil}} {{.Big}} {{"\\u00e9"}}', 'true null 1234.5 é'],
];
for (const [template, output] of rows) test(`${template} gives ${JSON.stringify(output)}`, t => t.is(compileTemplate(template)(data), output));

const errors: ReadonlyArray<readonly [template: string, sentence: RegExp]> = [
	['{{.ID', /unclosed action/],
	['{{bogus .ID}}', /function "bogus" not defined/],
	['{{.Nope}}', /executing "" at <\.Nope>: map has no entry for key "Nope"/],
	['{{.Config.Nope}}', /<\.Config\.Nope>/],
	['{{if .Name}}x', /unexpected EOF/],
	['{{end}}', /unexpected \{\{end\}\}/],
	['{{$y}}', /undefined variable "\$y"/],
	['{{index .Config.Cmd 9}}', /index out of range: 9/],
	['{{range .Name}}{{end}}', /can't iterate/],
	['{{break}}', /outside \{\{range\}\}/],
	['{{"abc}}', /unterminated|unexpected/],
	['{{}}', /missing value for command/],
	['{{.Name.First}}', /can't evaluate field First in type string/],
	['{{lt 1 "a"}}', /incompatible types/],
];
for (const [template, sentence] of errors) test(`${template} is refused`, t => void t.throws(() => compileTemplate(template)(data), {message: sentence}));

test('a template cannot reach what is no data', t => {
	for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) t.throws(() => compileTemplate(`{{.${name}}}`)(data), undefined, name);
	t.throws(() => compileTemplate('{{range .A}}{{range $.A}}{{printf "%9999s" "x"}}{{end}}{{end}}')({A: Array.from({length: 1000}, () => 1)}), {message: /64 MiB/});
});
