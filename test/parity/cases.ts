/** The command lines of the parity table. Containers are called pa-…, so that others' on the same daemon are left alone. */

export type Case = {readonly line: string; readonly input?: string; readonly folds?: ReadonlyArray<readonly [RegExp, string]>};

export type Group = {
	readonly name: string;
	/** Run on both sides first, and not compared. */
	readonly before?: readonly string[];
	readonly lines: ReadonlyArray<string | Case>;
	readonly after?: readonly string[];
	readonly folds?: ReadonlyArray<readonly [RegExp, string]>;
};

const clean = 'rm -f -v pa-run pa-two pa-dead pa-new pa-net pa-paused pa-odd';
const NONE = '--network none';

/** `--format` and `-f` of every list and object. */
const templates: Group = {
	name: 'templates',
	before: [`run -d --name pa-run ${NONE} --label com.example.team-name=red --label two=2 -e A=b busybox sleep 1000`],
	lines: [
		...[
			'{{.ID}}', '{{.Names}}', '{{.Image}}', '{{.Command}}', '{{.RunningFor}}', '{{.Status}}', '{{.State}}', '{{.Ports}}', '{{.Size}}', '{{.Labels}}', '{{.Mounts}}', '{{.Networks}}', '{{.LocalVolumes}}', '{{.CreatedAt}}',
			'{{.Label "two"}}', '{{.Label "none"}}', '{{json .Names}}', '{{json .}}', 'json', 'table {{.Names}}\\t{{.Image}}', 'table {{.Label "com.example.team-name"}}', 'table', 'raw',
			'{{upper .Names}}', '{{lower .State}} {{title .State}}', '{{pad .Names 2 3}}|', '{{truncate .Names 3}}', '{{split .Labels ","}}', '{{join (split .Labels ",") " "}}', '{{len .Names}}', '{{println .Names}}',
			'{{if eq .State "running"}}yes{{else}}no{{end}}', '{{if ne .State "running"}}yes{{else if .Ports}}ports{{else}}none{{end}}', '{{with .Names}}<{{.}}>{{end}}', '{{range split .Labels ","}}[{{.}}]{{end}}', '{{$x := .Names}}{{$x}}', '{{define "T"}}t:{{.Names}}{{end}}{{template "T" .}}',
			'{{printf "%-12s|%5s|%q" .Names .State .Image}}', '{{slice .Names 0 2}}', '{{index (split .Labels ",") 0}}', '{{.Names | printf "%s!"}}', '{{/* nothing */}}x', '{{- .Names -}} ', '{{"quoted\\"text"}}', '{{and .Names .State}} {{or "" "b"}} {{not true}}', '{{html "<a>"}} {{js "it\'s"}} {{urlquery "a b"}}', '{{.Nope}}', '{{.ID', '{{nope}}', '{{if}}x{{end}}', '{{end}}', '{{range}}', '{{.Names.Foo}}',
			'{{lt 1 2}} {{le 2 2}} {{gt 3 1}} {{ge 1 2}}', '{{eq 1 1 2}}', '{{len 3}}', '{{index "abc" 9}}',
		].map(format => ({line: `ps --filter name=pa-run --format '${format.replaceAll("'", '’')}'`})),
		...[
			'{{.Name}}', '{{.Config.Image}}', '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}}', '{{json .Config.Env}}', '{{json .Config.Cmd}}', '{{.Config.Labels}}', '{{index .Config.Labels "two"}}', '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}', '{{range .Config.Env}}{{println .}}{{end}}', '{{len .Config.Env}}', '{{.HostConfig.NetworkMode}}', '{{.NetworkSettings.Networks}}', '{{range $n, $c := .NetworkSettings.Networks}}{{$n}}{{end}}', '{{.Config.Cmd}}', '{{.Args}}', '{{.Path}}', '{{json .State}}', '{{json .Mounts}}', '{{.Nope}}', '{{.Config.Nope}}', '{{.state.status}}', '{{.Id', 'json', '{{.SizeRw}}', '{{json .HostConfig.LogConfig}}', '{{.HostConfig.RestartPolicy.Name}}', '{{with .Config}}{{.Tty}}{{end}}', '{{.HostConfig.Memory}}', '{{if .State.Running}}up{{end}}', '{{join .Args " "}}', '{{.RestartCount}}', '{{.Driver}} {{.Platform}}', '{{json .NetworkSettings.Ports}}', '{{.HostConfig.PortBindings}}', '{{eq .State.Status "running"}}', '{{.Created}}', '{{.HostConfig.Binds}}', '{{.Config.Entrypoint}}', '{{json .Config.Entrypoint}}', '{{.Config.ExposedPorts}}', '{{.Config.Volumes}}', '{{json .GraphDriver.Name}}', '{{.LogPath}}', '{{.HostConfig.CapAdd}}', '{{.HostConfig.ShmSize}}', '{{.ExecIDs}}', '{{.ProcessLabel}}|{{.AppArmorProfile}}|{{.MountLabel}}',
		].map(format => ({line: `inspect -f '${format}' pa-run`, folds: [[/\/(?:tmp|var)\/\S*?\/containers\/[\da-f]{64}\/\S+/g, '<path>'] as const]})),
	],
	after: [clean],
};

const ps: Group = {
	name: 'ps',
	before: [
		`run -d --name pa-run ${NONE} --label parity=a busybox sleep 1000`,
		`create --name pa-new ${NONE} --label parity=b -v pavol:/data --expose 80 busybox true`,
		`run --name pa-dead ${NONE} --label parity=a --label other busybox sh -c 'exit 3'`,
		`run -d --name pa-paused ${NONE} --label parity=c busybox sleep 1000`,
		'pause pa-paused',
	],
	lines: [
		...['', '-a', '-q', '-aq', '--no-trunc', '-a --no-trunc', '-n 2', '-l', '-a -s', '-n 1 -q', '-n 0', '-n -1', '-a --last 3'].map(flags => `ps ${flags} --filter name=pa-`),
		...[
			'status=exited', 'status=running', 'status=created', 'status=paused', 'status=dead', 'status=bogus', 'exited=3', 'exited=0', 'exited=x', 'label=parity', 'label=parity=a', 'label=parity=a --filter label=other', 'name=pa-dead', 'name=^/pa-r', 'name=pa-r.n', 'id=zzz', 'ancestor=busybox', 'ancestor=nope',
			'before=pa-dead', 'since=pa-dead', 'before=nope', 'volume=pavol', 'volume=/data', 'network=none', 'network=nope', 'health=none', 'health=bogus', 'expose=80', 'expose=80/tcp', 'expose=x', 'publish=80', 'is-task=false', 'is-task=true', 'is-task=x', 'isolation=default', 'bogus=1', 'name=[', 'status=exited --filter status=created', 'label=', 'name=',
		].map(filter => `ps -a --filter name=pa- --filter ${filter} --format '{{.Names}}'`),
		'ps --filter bogus', 'ps --filter =x', 'ps extra', 'ps -n', 'ps -n x', 'ps --bogus', 'container ls --filter name=pa-', 'container ps -aq --filter name=pa-run', 'container list --filter name=pa-', 'ps --help=false --filter name=pa-run', 'ps -a --filter name=pa- --format "table {{.Names}}\\t{{.Status}}\\t{{.Ports}}"',
	],
	after: ['unpause pa-paused', clean, 'volume rm pavol'],
};

const inspect: Group = {
	name: 'inspect',
	before: [
		`run -d --name pa-run ${NONE} --label a=b -e X=1 -m 64m --cpus 0.5 --ulimit nofile=100:200 --cap-add NET_ADMIN --cap-drop MKNOD -w /tmp -u 1:1 --hostname pahost --read-only --tmpfs /scratch:size=1m -v pavol:/data --restart on-failure:3 --stop-signal SIGINT --stop-timeout 3 --log-opt max-size=1m --sysctl net.ipv4.ip_forward=0 --oom-score-adj 5 --pids-limit 50 --shm-size 1m --security-opt no-new-privileges busybox sleep 1000`,
		`run --name pa-dead ${NONE} busybox false`,
		'create --name pa-new -p 18080:80 --expose 90 -it --entrypoint /bin/sh busybox -c true',
	],
	lines: [
		'inspect pa-run', 'container inspect pa-dead', 'inspect -s pa-dead', 'inspect pa-new', 'inspect nope', 'inspect pa-run nope', 'inspect --type container nope', 'inspect --type image busybox', 'inspect --type bogus x', 'inspect', 'inspect --type volume pavol', 'inspect --type network none', 'container inspect nope', 'inspect -f "{{.Name}}" pa-run pa-dead', 'inspect -f "{{.Name}}" pa-run nope pa-dead', 'inspect --format "{{json .}}" --type image busybox',
	],
	after: [clean, 'volume rm pavol'],
	folds: [[/\/(?:tmp|var|run)\/\S*?(?=["\s:]|$)/g, '<path>']],
};

const life: Group = {
	name: 'life',
	before: [clean],
	lines: [
		`create --name pa-new ${NONE} busybox sh -c 'echo out; echo err >&2; exit 7'`,
		'start -a pa-new', 'start pa-new', 'wait pa-new', 'logs pa-new', 'logs --tail 1 pa-new', 'logs nope', 'rename pa-new pa-two', 'rename pa-two pa-two', 'rename nope x', 'rename pa-two', "rename pa-two ''", 'rename pa-two a/b', 'rm pa-two', 'rm pa-two', 'rm -f pa-two',
		`run -d --name pa-run ${NONE} busybox sleep 1000`, `run --name pa-run ${NONE} busybox true`, 'start pa-run', 'rm pa-run', 'pause pa-run', 'pause pa-run', 'exec pa-run true', 'stop -t 0 pa-run nope', 'unpause pa-run', 'start pa-run', 'unpause pa-run', 'kill -s USR1 pa-run', 'kill -s BOGUS pa-run', 'kill -s 0 pa-run', 'kill nope', 'top pa-run -o pid,comm', 'top nope', 'port pa-run', 'port nope', 'port pa-run 80', 'restart -t 0 pa-run', 'restart nope', 'stop -t 0 pa-run', 'stop pa-run', 'stop nope', 'kill pa-run', 'pause pa-run', 'top pa-run', 'exec pa-run true', 'exec nope true', 'attach pa-run', 'attach nope', 'wait pa-run', 'wait nope', 'wait pa-run nope', 'start nope', 'start nope pa-run', 'start -a pa-run nope', 'restart -t 0 pa-run', 'stop --timeout 0 pa-run', 'stop --signal KILL pa-run', 'stop -s BOGUS pa-run', 'container rm -f pa-run nope', 'rm', 'stop', 'kill', 'start', 'wait', 'rename', 'top', 'port', 'logs', 'logs a b', 'update', 'update pa-run', 'update -m 64m nope',
		`run -d --name pa-run ${NONE} busybox sleep 1000`, 'update -m 64m --memory-swap 128m pa-run', 'update --restart always pa-run', 'update --restart bogus pa-run', 'update -m 1m pa-run', 'update --cpus 99 pa-run', 'update --cpuset-cpus 77 pa-run', 'stats --no-stream --format "{{.Name}}" pa-run', 'stats --no-stream nope', 'diff nope', 'rm -f pa-run',
	],
	after: [clean],
	folds: [[/^ *\d+ +/gm, '<pid> ']],
};

const run: Group = {
	name: 'run',
	before: [clean],
	lines: [
		...[
			'busybox echo hi', 'busybox sh -c "exit 9"', 'busybox nosuchprogram', 'busybox /etc', 'busybox /etc/passwd', 'busybox sh -c "kill -9 $$"', 'busybox cat /etc/hostname', '--hostname box busybox hostname', '--hostname box --domainname example.com busybox cat /proc/sys/kernel/domainname', '--hostname -bad busybox true', '-e A=1 -e B busybox env', '-e =x busybox true', "-e '' busybox true", '--env-file env busybox env', '--env-file nope busybox true', '-l a=b -l c busybox true', '--label-file labels busybox true', '--label-file nope busybox true',
			'-w /tmp busybox pwd', '-w rel busybox true', '-w /new/dir busybox pwd', '-u 1:2 busybox id', '-u nobody busybox id', '-u nosuch busybox id', '-u 99999999999 busybox id', "-u ':' busybox id", '--group-add 55 busybox id', '--group-add nosuch busybox id', '--entrypoint echo busybox a b', "--entrypoint '' busybox true", '--entrypoint /bin/sh busybox -c "echo $0"', '--entrypoint nosuch busybox',
			'--read-only busybox touch /x', '--tmpfs /t busybox sh -c "mount | grep /t"', '--tmpfs /t:size=1m,ro busybox touch /t/x', '--shm-size 2m busybox sh -c "df /dev/shm | tail -1"', '--shm-size -1 busybox true', '--shm-size x busybox true', '--cap-drop ALL busybox sh -c "grep Cap /proc/self/status"', '--cap-add SYS_TIME busybox sh -c "grep CapEff /proc/self/status"', '--cap-add BOGUS busybox true', '--cap-drop NET_RAW --cap-add net_admin busybox sh -c "grep CapEff /proc/self/status"', 'busybox sh -c "grep -E \'Cap|NoNewPrivs|Seccomp\' /proc/self/status"', '--security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status', '--security-opt seccomp=unconfined busybox grep Seccomp: /proc/self/status', '--security-opt bogus busybox true',
			'--ulimit nofile=10:20 busybox sh -c "ulimit -n; ulimit -Hn"', '--ulimit nofile=20:10 busybox true', '--ulimit bogus=1 busybox true', '--ulimit nofile busybox true', '--ulimit nofile=1:2:3 busybox true', '--ulimit nproc=-1 busybox true', '-m 64m busybox cat /sys/fs/cgroup/memory/memory.limit_in_bytes', '-m 4m busybox true', '-m x busybox true', '-m 64m --memory-swap 32m busybox true', '--memory-swap 64m busybox true', '-m 64m --memory-swap -1 busybox true', '--memory-reservation 1m busybox true', '-m 64m --memory-reservation 128m busybox true', '--memory-swappiness 200 busybox true', '--memory-swappiness 10 busybox cat /sys/fs/cgroup/memory/memory.swappiness', '--cpus 0.5 busybox cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us', '--cpus 99 busybox true', '--cpus x busybox true', '--cpus -1 busybox true', '--cpus 1 --cpu-period 1000 busybox true', '--cpu-period 10 busybox true', '--cpu-quota 10 busybox true', '--cpu-shares 100 busybox cat /sys/fs/cgroup/cpu/cpu.shares', '-c 100 busybox true', '--cpuset-cpus 0 busybox cat /sys/fs/cgroup/cpuset/cpuset.cpus', '--cpuset-cpus 99 busybox true', '--cpuset-cpus x busybox true', '--cpuset-mems 9 busybox true', '--pids-limit 20 busybox cat /sys/fs/cgroup/pids/pids.max', '--pids-limit -1 busybox cat /sys/fs/cgroup/pids/pids.max', '--oom-score-adj 100 busybox cat /proc/self/oom_score_adj', '--oom-score-adj 2000 busybox true', '--oom-kill-disable -m 64m busybox grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control', '--blkio-weight 5 busybox true', '--blkio-weight 99999 busybox true', '--blkio-weight-device /dev/vda busybox true', '--blkio-weight-device vda:100 busybox true', '--blkio-weight-device /dev/vda:5 busybox true', '--device-read-bps /dev/vda busybox true', '--device-read-bps vda:1m busybox true', '--device-read-bps /dev/vda:x busybox true', '--device-read-iops /dev/vda:1m busybox true', '--device-write-bps /dev/nope:1m busybox true',
			'--device /dev/null:/dev/hole busybox ls -l /dev/hole', '--device /dev/null:/dev/hole:r busybox ls /dev/hole', '--device /dev/nope busybox true', '--device /dev/null:/dev/x:q busybox true', '--device /dev/null:x busybox true', '--device a:b:c:d busybox true', "--device '' busybox true", '--device /tmp busybox true', "--device-cgroup-rule 'c 10:* rw' busybox true", "--device-cgroup-rule 'bogus' busybox true", '--gpus bogus busybox true', '--gpus all busybox true', '--gpus device=0,count=1 busybox true',
			'--pid host busybox readlink /proc/self/ns/pid', '--pid bogus busybox true', '--pid container:nope busybox true', '--ipc none busybox ls /dev/shm', '--ipc bogus busybox true', '--ipc container:nope busybox true', '--ipc host busybox true', '--uts host busybox true', '--uts bogus busybox true', '--uts host --hostname x busybox true', '--cgroupns bogus busybox true', '--cgroupns host busybox true', '--isolation hyperv busybox true', '--isolation default busybox true', '--userns bogus busybox true', '--sysctl net.ipv4.ip_forward=1 busybox cat /proc/sys/net/ipv4/ip_forward', '--sysctl kernel.hostname=x busybox true', '--sysctl bogus busybox true', '--sysctl kernel.msgmax=70000 busybox cat /proc/sys/kernel/msgmax',
			'--stop-signal BOGUS busybox true', '--stop-signal 9 busybox true', '--runtime bogus busybox true', '--storage-opt size=1g busybox true', '--storage-opt bogus busybox true', '--log-driver bogus busybox true', '--log-opt bogus=1 busybox true', '--log-driver none busybox echo x', '--log-opt max-size=x busybox true', '--pull bogus busybox true', '--pull never nosuchimage true', '--platform bogus/bogus/bogus/bogus busybox true', '--platform linux/amd64 busybox true', '--restart always busybox true', '--restart bogus busybox true', '--restart on-failure:x busybox true', '--restart no busybox true', '--name a/b busybox true', '--name x busybox true', '--mac-address bogus busybox true', '--ip 1.2.3.4 busybox true', '--link nope busybox true', '--add-host bogus busybox true', '--add-host a:1.2.3.4 busybox grep 1.2.3.4 /etc/hosts', '--dns bogus busybox true', '--expose bogus busybox true', '-p bogus busybox true', '-v bogus:relative busybox true', '--mount bogus busybox true', '--volumes-from nope busybox true', '--init busybox true', '--privileged busybox sh -c "grep -c . /dev/null; ls /dev/kmsg"', '--detach-keys ctrl-? busybox true', '-a bogus busybox true', '-a stdin busybox true', '-a stdout busybox sh -c "echo out; echo err >&2"', '-a stderr busybox sh -c "echo out; echo err >&2"', '-d -a stdout busybox true', '--sig-proxy=false busybox true', '--cidfile env busybox true', '--annotation a=b busybox true', '--annotation =b busybox true', '--no-healthcheck busybox true', '--health-cmd x --no-healthcheck busybox true', '--health-interval -1s busybox true', '--bogus', '-Z', '', 'busybox', '--rm=x busybox', '-m', '--stop-timeout x busybox', '--kernel-memory 4m busybox true', '--cpu-rt-runtime 5000 busybox true', '--cgroup-parent /pa-parity busybox true', '--use-api-socket busybox true', 'BUSYBOX true', 'busybox:nosuch:x true', 'sha256:abc true',
		].map(line => `run --rm ${line.includes('--ip ') || line.includes('--link') || line.includes('-p ') || line.includes('--mac') ? '' : NONE} ${line}`),
		{line: `run --rm -i ${NONE} busybox cat`, input: 'typed\n'},
		{line: `run --rm ${NONE} busybox cat`, input: 'typed\n'},
		{line: `run --rm -a stdin -a stdout -i ${NONE} busybox cat`, input: 'typed\n'},
		`run --rm -t ${NONE} busybox tty`, `run --rm -it ${NONE} busybox true`, `run -q --rm ${NONE} busybox echo quiet`, `create --rm ${NONE} -m 1m busybox`, `create ${NONE} --cap-add BOGUS busybox`, 'create', 'create --bogus busybox',
	],
	after: [clean],
	folds: [[/\[\d+\]/g, '[<n>]']],
};

const exec: Group = {
	name: 'exec',
	before: [`run -d --name pa-run ${NONE} -e A=1 -w /tmp busybox sleep 1000`],
	lines: [
		...['echo hi', 'sh -c "exit 4"', 'nosuch', '/etc', '/etc/passwd', 'pwd', 'env', 'id', 'sh -c "echo out; echo err >&2"', 'sh -c "kill -9 $$"'].map(line => `exec pa-run ${line}`),
		...['-e B=2 pa-run env', '-e =x pa-run env', '--env-file env pa-run env', '--env-file nope pa-run env', '-w /etc pa-run pwd', '-w rel pa-run pwd', '-w /nosuch pa-run pwd', '-u 1:2 pa-run id', '-u nosuch pa-run id', '-u nobody pa-run id', '-d pa-run true', '-d pa-run nosuch', '-t pa-run tty', '-it pa-run true', '--privileged pa-run sh -c "grep CapEff /proc/self/status"', '--detach-keys bogus-key pa-run true', '-d --detach-keys a pa-run true', 'pa-run', '', '--bogus', '-Z pa-run true'].map(line => `exec ${line}`),
		{line: 'exec -i pa-run cat', input: 'typed\n'},
		{line: 'exec pa-run cat', input: 'typed\n'},
		'container exec pa-run echo x',
	],
	after: [clean],
};

const help: Group = {
	name: 'help',
	lines: ['bogus', 'container bogus', '--bogus', '-Z', 'container', 'help bogus', 'run --help extra', 'ps --help', 'help ps', 'container --help', '--log-level bogus ps', '--version', '-v'],
};

const system: Group = {
	name: 'system',
	before: [`run --name pa-dead ${NONE} --label parity busybox true`],
	lines: [
		"version --format '{{.Server.Os}}/{{.Server.Arch}}'", "version -f '{{.Nope}}'", "info -f '{{.OSType}} {{.Architecture}} {{.NCPU}} {{.MemTotal}}'", "info -f '{{.Nope}}'", "info --format '{{json .Plugins.Volume}}'", "info -f '{{.LoggingDriver}} {{.CgroupVersion}} {{.CgroupDriver}} {{.Driver}}'", 'info -f json', 'version -f json', 'info extra', "system df --format '{{.Type}}'", "system df --format 'table {{.Type}}\\t{{.TotalCount}}'", 'system df extra', 'system df -v --format json',
		'container prune -f --filter label=parity', 'container prune -f --filter label=nothing', 'container prune -f --filter bogus=1', 'container prune -f --filter until=bogus', {line: 'container prune --filter label=nothing', input: 'n\n'}, {line: 'container prune --filter label=nothing', input: 'y\n'}, 'system prune -f --filter label=nothing', 'system prune -f --filter bogus=1', 'events --since 1 --until 2', 'events --since bogus', 'events --until 1 --filter bogus=1', "events --since 1 --until 2 --format '{{.Nope}}'", 'system', 'system events extra',
	],
	after: [clean],
};

const events: Group = {
	name: 'events',
	before: [`run --name pa-dead ${NONE} --label parity=x busybox sh -c 'exit 3'`, 'rename pa-dead pa-two', 'rm pa-two'],
	lines: [
		...["--format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'", "--format '{{.Status}} {{.From}}'", "--format '{{json .}}' --filter event=die", "--filter event=create", "--filter type=container --filter event=destroy --format '{{.Action}}'", "--filter event=die --format '{{.Actor.Attributes.exitCode}}'", "--filter event=die --format json", "--filter image=busybox --format '{{.Action}}'", "--filter type=bogus", "--filter container=pa-two --format '{{.Action}}'", "--filter container=pa-dead --format '{{.Action}}'", "--filter scope=local --filter event=start --format '{{.Scope}}'"].map(flags => ({line: `events --since 20s --until 0s --filter label=parity=x ${flags}`, folds: [[/"time(Nano)?":\d+/g, '"time$1":<n>'] as const, [/<n>/g, '<n>'] as const]})),
	],
};

export const groups: readonly Group[] = [help, templates, ps, inspect, life, run, exec, system, events];
