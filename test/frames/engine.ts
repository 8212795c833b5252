import type {EnginePort, FileEntry} from '../../source/console/store/engine-port.ts';
import {now, sampleContainers, sampleHistory, sampleLog} from './sample.ts';

/** An engine that says the same in every test. */

const file = (name: string, mode: number, size: number, link = ''): FileEntry => ({name, mode, uid: 0, gid: 0, size, mtime: Math.floor(now / 1000) - size, link});

const inspected = {
	Id: 'f93d71b5',
	State: {Status: 'running', Running: true, Pid: 4001, Health: undefined},
	Config: {Env: ['PATH=/usr/bin:/bin', 'NGINX_VERSION=1.27', 'EMPTY='], Labels: {tier: 'front'}},
	Mounts: [
		{Type: 'volume', Name: 'site', Source: '/var/lib/hawser/volumes/site', Destination: '/srv', RW: true, Mode: ''},
		{Type: 'bind', Source: '/etc/nginx', Destination: '/etc/nginx', RW: false, Mode: 'ro'},
	],
	NetworkSettings: {
		Networks: {bridge: {IPAddress: '172.17.0.2', Gateway: '172.17.0.1', MacAddress: '02:42:ac:11:00:02', Aliases: ['www']}},
		Ports: {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '8080'}], '443/tcp': null},
	},
};

const change = (path: string, size: number, what: 'added' | 'changed' | 'removed' = 'added', hides = 0) => ({path, change: what, size, hides});

export const sampleEngine = {
	inspectContainer: () => inspected,
	async top() {
		return {
			Titles: [],
			Processes: [
				['4001', '3990', 'root', 'Ss', '1', '0.3', '9500', '01:06:40', 'nginx: master process nginx -g daemon off;'],
				['4010', '4001', 'nginx', 'R', '4', '61.0', '12040', '01:06:39', 'nginx: worker process'],
				['4011', '4001', 'nginx', 'D', '1', '0.0', '4040', '00:04', 'cp /srv/\u001B[31mdump /srv/copy'],
			],
		};
	},
	listFolder: async () => [
		file('bin', 0o120777, 7, 'usr/bin'),
		file('etc', 0o040755, 4096),
		file('tmp', 0o041777, 4096),
		file('start.sh', 0o100755, 812),
		file('data.bin', 0o104711, 9_400_000),
	],
	changes: async () => [
		{kind: 'A', path: '/srv/new'},
		{kind: 'C', path: '/etc'},
		{kind: 'D', path: '/etc/old.conf'},
	],
	readHistory: () => sampleHistory,
	explainEnd: async () => ({signal: 9, manual: false, asked: [], error: '', log: sampleLog.slice(-12)}),
	listVolumes: () => [
		{
			Name: 'site',
			CreatedAt: new Date(now - 86_400_000 * 3).toISOString(),
			Labels: {backup: 'daily'},
			Mountpoint: '/var/lib/hawser/volumes/site',
			Driver: 'local',
			Options: null,
			Scope: 'local',
		},
		{Name: '4f1d0c', CreatedAt: new Date(now - 3_600_000).toISOString(), Labels: {}, Mountpoint: '/var/lib/hawser/volumes/4f1d0c', Driver: 'local', Options: null, Scope: 'local'},
	],
	listNetworks: () => [
		{
			Name: 'bridge',
			Id: 'b1',
			Driver: 'bridge',
			Internal: false,
			IPAM: {Config: [{Subnet: '172.17.0.0/16', Gateway: '172.17.0.1'}]},
			Containers: {x: {Name: 'web', IPv4Address: '172.17.0.2/16'}},
		},
		{Name: 'back', Id: 'b2', Driver: 'bridge', Internal: true, IPAM: {Config: null}, Containers: {}},
	],
	info: () => ({
		NCPU: 2,
		KernelVersion: '6.1.0',
		OperatingSystem: 'Debian GNU/Linux 12',
		Architecture: 'x86_64',
		CgroupVersion: '2',
		CgroupDriver: 'cgroupfs',
		ServerVersion: '0.1.0',
		DockerRootDir: '/var/lib/hawser',
		StateDir: '/run/hawser',
		DefaultRuntime: 'hawser',
	}),
	diskUse: async () => [
		{type: 'Images', total: '4', active: '3', size: '394MB', reclaimable: '81MB (20%)'},
		{type: 'Containers', total: '6', active: '4', size: '12.4MB', reclaimable: '0B'},
	],
	check: async () => [
		{what: 'Forwarding', words: 'on', good: true},
		{what: 'Warning', words: 'No swap limit support', good: false},
	],
	imageFiles: async () => ({
		size: 192_000_000,
		wasted: 12_000_000,
		layers: [
			{
				diffId: 'sha256:aa',
				createdBy: '/bin/sh -c #(nop) ADD file:base in /',
				size: 120_000_000,
				added: 3,
				changed: 0,
				removed: 0,
				hides: 0,
				files: [change('/bin/sh', 120_000), change('/etc', 0), change('/etc/passwd', 900)],
			},
			{
				diffId: 'sha256:bb',
				createdBy: '/bin/sh -c apt-get install nginx',
				size: 72_000_000,
				added: 1,
				changed: 1,
				removed: 1,
				hides: 12_000_000,
				files: [change('/usr/sbin/nginx', 60_000_000), change('/etc/passwd', 950, 'changed', 900), change('/var/cache', 0, 'removed', 11_000_000)],
			},
		],
		wastedFiles: [{path: '/var/cache', count: 2, bytes: 11_000_000}],
	}),
	imageHistory: () => [
		{Id: '<missing>', Created: Math.floor(now / 1000) - 86_400, CreatedBy: '/bin/sh -c apt-get install nginx', Size: 72_000_000, Comment: 'buildkit', Tags: null},
		{Id: '<missing>', Created: Math.floor(now / 1000) - 172_800, CreatedBy: '/bin/sh -c #(nop) ADD file:base in /', Size: 120_000_000, Comment: '', Tags: null},
	],
	inspectImage: () => ({Id: 'sha256:aa', RepoTags: ['nginx:1.27'], Config: {Cmd: ['nginx', '-g', 'daemon off;'], ExposedPorts: {'80/tcp': {}}}, Architecture: 'amd64'}),
	listSessions: async (id: string) => (id === sampleContainers[0]?.id ? [{id: 'ab'.repeat(32), pid: 4321, command: 'sh', tty: true}] : []),
	readAudit: () => [{time: new Date(now - 60_000).toISOString(), who: 'ada@10.0.0.7', verb: 'stop', kind: 'container', id: 'f9'.repeat(32), name: 'worker', result: 'done'}],
} as unknown as EnginePort;
