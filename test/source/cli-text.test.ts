import test from 'ava';
import type {ContainerSummary, PublishedPort} from '../../core/index.ts';
import {alignColumns} from '../../source/cli/columns.ts';
import {portsText, statusText} from '../../source/cli/container-text.ts';
import {containerListing} from '../../source/cli/container-listing.ts';
import {renderList} from '../../source/cli/format.ts';
import {itemLine} from '../../source/cli/progress-bars.ts';
import {layerItem} from '../../source/cli/pull.ts';
import {parseTime} from '../../source/cli/time-flag.ts';
import {binarySize, ellipsis, goQuote, humanDuration, humanSize} from '../../source/cli/units.ts';
import {withTag} from '../../source/cli/reference-text.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const before = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

const container: ContainerSummary = {
	id: 'ac270140d46220957c976e79c378936a0f38c43fcb639e92a80fee14c7013c28',
	name: 'web',
	image: 'busybox',
	imageId: 'sha256:00',
	command: 'sh -c echo "hi there <x>"; sleep 1000',
	createdAt: new Date(Date.now() - 180_000).toISOString(),
	status: 'running',
	startedAt: new Date(Date.now() - 65_000).toISOString(),
	oomKilled: false,
	restartCount: 0,
	pid: 1,
	ports: [{protocol: 'tcp', containerPort: 80, hostIp: '0.0.0.0', hostPort: 8080}],
	networks: {bridge: {ip: '172.17.0.2'}},
	mounts: [],
	labels: {'com.example.tier-name': 'x', b: 'c'},
	cgroup: '/hawser/x',
	resources: {},
	tty: false,
};

test('sizes, durations and cuts are those of Docker', t => {
	for (const [bytes, text] of [
		[0, '0B'],
		[999, '999B'],
		[1_982_000, '1.98MB'],
		[419_300_000, '419MB'],
		[1000, '1kB'],
		[1e21, '1ZB'],
	] as const)
		t.is(humanSize(bytes), text);
	t.is(humanSize(419_300_000, 4), '419.3MB');
	for (const [bytes, text] of [
		[0, '0B'],
		[340_000, '332KiB'],
		[25_275_000_000, '23.54GiB'],
		[1_835_008, '1.75MiB'],
	] as const)
		t.is(binarySize(bytes), text);
	const durations: ReadonlyArray<readonly [seconds: number, text: string]> = [
		[0.4, 'Less than a second'],
		[1, '1 second'],
		[59, '59 seconds'],
		[60, 'About a minute'],
		[180, '3 minutes'],
		[3600, 'About an hour'],
		[7200, '2 hours'],
		[47 * 3600, '47 hours'],
		[48 * 3600, '2 days'],
		[15 * 86_400, '2 weeks'],
		[90 * 86_400, '3 months'],
		[800 * 86_400, '2 years'],
	];
	for (const [seconds, text] of durations) t.is(humanDuration(seconds), text);
	t.is(ellipsis('sh -c echo "hi there <x>"', 20), 'sh -c echo "hi ther…');
	t.is(goQuote('a"b\n\u001b[31mé'), '"a\\"b\\n\\x1b[31mé"');
});

test('the status says what the state is and since when', t => {
	const status = (fields: Partial<ContainerSummary>): string => statusText({...container, ...fields}, now);
	t.is(status({startedAt: before(180)}), 'Up 3 minutes');
	t.is(status({status: 'paused', startedAt: before(120)}), 'Up 2 minutes (Paused)');
	t.is(status({health: 'starting', startedAt: before(2)}), 'Up 2 seconds (health: starting)');
	t.is(status({status: 'exited', exitCode: 137, finishedAt: before(2)}), 'Exited (137) 2 seconds ago');
	t.is(status({status: 'restarting', exitCode: 1, finishedAt: before(3)}), 'Restarting (1) 3 seconds ago');
	t.is(status({status: 'created'}), 'Created');
});

test('ports that lie side by side are drawn together', t => {
	const tcp = (containerPort: number, hostPort?: number, hostIp = '0.0.0.0'): PublishedPort => ({
		protocol: 'tcp',
		containerPort,
		...(hostPort !== undefined && {hostPort, hostIp}),
	});
	t.is(portsText([tcp(80, 8080)]), '0.0.0.0:8080->80/tcp');
	t.is(portsText([tcp(80), tcp(81), tcp(90)]), '80-81/tcp, 90/tcp');
	t.is(portsText([tcp(81, 81), tcp(80, 80), tcp(443, 8443)]), '0.0.0.0:80-81->80-81/tcp, 0.0.0.0:8443->443/tcp');
	t.is(portsText([tcp(80, 8080, '::')]), '[::]:8080->80/tcp');
});

test("columns are as wide as in Docker's tables", t => {
	t.is(alignColumns('ID\tNAME\tX\nabc\tlonger-than-ten\ty\n'), 'ID        NAME              X\nabc       longer-than-ten   y\n');
	t.is(alignColumns('a\tb\nplain\nccccccccccccc\td'), 'a         b\nplain\nccccccccccccc   d');
});

test('ps prints the table, the JSON and the templates of Docker', async t => {
	const listing = containerListing({noTrunc: false, size: false});
	t.is(
		await renderList(listing, [container], ''),
		'CONTAINER ID   IMAGE     COMMAND                   CREATED         STATUS              PORTS                  NAMES\n' +
			'ac270140d462   busybox   "sh -c echo \\"hi ther…"   3 minutes ago   Up About a minute   0.0.0.0:8080->80/tcp   web\n',
	);
	t.is(
		await renderList(listing, [container], 'table {{.ID}}\\t{{upper .Names}}\\t{{.Label "com.example.tier-name"}}'),
		'CONTAINER ID   NAMES     tier name\nac270140d462   WEB       x\n',
	);
	const json = await renderList(listing, [container], 'json');
	t.true(json.includes('"Ports":"0.0.0.0:8080-\\u003e80/tcp"'));
	t.is((JSON.parse(json) as {Labels: string}).Labels, 'b=c,com.example.tier-name=x');
	t.is(await renderList(listing, [container], '{{json .Ports}}'), '"0.0.0.0:8080->80/tcp"\n');
});

test('a line of a pull fits whatever terminal there is', t => {
	for (const columns of [5, 20, 40, 80, 200]) {
		const line = itemLine(layerItem({kind: 'layer', id: 'a3ed95caeb02', state: 'downloading', current: 5_000_000, total: 12_000_000}), columns);
		t.true(line.length <= columns, `${columns}`);
	}
	t.is(
		itemLine(layerItem({kind: 'layer', id: 'a3ed95caeb02', state: 'extracting', current: 1, total: 2}), 100).replace(/=+/, '='),
		`a3ed95caeb02: Extracting [=>${' '.repeat(25)}]       1B/2B`,
	);
});

test('times are read in all the forms of --since', t => {
	t.is(parseTime('10m', now).getTime(), now - 600_000);
	t.is(parseTime('1795262400.5', now).getTime(), 1_795_262_400_500);
	t.is(parseTime('2026-11-21T12:00:00Z').getTime(), now);
	t.is(parseTime('2026-11-21T13:00:00+01:00').getTime(), now);
	t.is(parseTime('2026-11-21T12:00Z').getTime(), now);
	t.is(parseTime('2026-11-21').getTime(), new Date(2026, 10, 21).getTime());
	t.throws(() => parseTime('yesterday'));
});

test('a name without a tag means latest', t => {
	t.is(withTag('busybox'), 'busybox:latest');
	t.is(withTag('localhost:5000/x'), 'localhost:5000/x:latest');
	t.is(withTag('localhost:5000/x:1'), 'localhost:5000/x:1');
	t.is(withTag('x@sha256:00'), 'x@sha256:00');
});
