import {execFile} from 'node:child_process';
import {appendFileSync, readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import {
	copyFromContainer,
	copyToContainer,
	diffContainer,
	type Engine,
	engineInfo,
	explainEnd,
	hostStats,
	imageFiles,
	imageHistory,
	inspectContainer,
	inspectImage,
	killContainer,
	listContainers,
	listFolder,
	listImages,
	listNetworks,
	listSessions,
	listVolumes,
	openStats,
	openStatsHistory,
	pauseContainer,
	readFile,
	readLogs,
	readStatsHistory,
	removeContainer,
	removeImage,
	removeNetwork,
	removeVolume,
	restartContainer,
	startContainer,
	stopContainer,
	topContainer,
	unpauseContainer,
	watchEvents,
} from '../../core/index.ts';
import {findBusybox, toolbox, toolboxCommand} from './toolbox.ts';
import type {AuditEntry, DiskUse, EnginePort, HistorySample, HostCheck, ShellCommand} from './store/engine-port.ts';

const fineSeconds = 3600;

/** A minute of the ring is sums; as one of its seconds it can stand beside the others. */
function perSecond(sample: HistorySample): HistorySample {
	const share = (value: number): number => value / 60;
	return {
		...sample,
		cpuMicros: share(sample.cpuMicros),
		throttledMicros: share(sample.throttledMicros),
		readBytes: share(sample.readBytes),
		writtenBytes: share(sample.writtenBytes),
		receivedBytes: share(sample.receivedBytes),
		sentBytes: share(sample.sentBytes),
	};
}

/** What takes long or much is done by a command of its own, so that no key waits for it. Fails with the command's own sentence. */
const runSelf = (engine: Engine, ...words: readonly string[]): Promise<string> =>
	new Promise((resolve, reject) => {
		execFile(engine.native.command, ['--root', engine.root, '--state', engine.state, ...words], {maxBuffer: 64 * 2 ** 20}, (error, stdout, stderr) => {
			if (error === null) resolve(stdout);
			else
				reject(
					new Error(
						stderr
							.trim()
							.split('\n')[0]
							?.replace(/^hawser: |^Error response from daemon: /, '') || error.message,
					),
				);
		});
	});

async function diskUse(engine: Engine): Promise<DiskUse[]> {
	const lines = (await runSelf(engine, 'system', 'df', '--format', '{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}')).trim().split('\n');
	return lines.map(line => {
		const [type = '', total = '', active = '', size = '', reclaimable = ''] = line.split('\t');
		return {type, total, active, size, reclaimable};
	});
}

function checks(engine: Engine): HostCheck[] {
	const info = engineInfo(engine);
	const warnings = Array.isArray(info['Warnings']) ? info['Warnings'].filter(warning => typeof warning === 'string') : [];
	return [
		{what: 'Forwarding', words: info['IPv4Forwarding'] === true ? 'on' : 'off: published ports and the way out do not work', good: info['IPv4Forwarding'] === true},
		...(['MemoryLimit', 'CpuCfsQuota', 'PidsLimit'] as const).map(name => ({
			what: name,
			words: info[name] === true ? 'the kernel has it' : 'the kernel does not have it',
			good: info[name] === true,
		})),
		...warnings.map(words => ({what: 'Warning', words, good: false})),
	];
}

/** The console's engine: core, in this process. */
export function createEnginePort(engine: Engine): EnginePort {
	return {
		hostName: hostname(),
		listContainers: () => listContainers(engine, {all: true}),
		listImages: () => listImages(engine),
		hostSample: hostStats,
		openStats: id => openStats(engine, id),
		openHistory: id => openStatsHistory(engine, id),
		readHistory(id, after) {
			const now = Math.floor(Date.now() / 1000);
			const samples = readStatsHistory(engine, id, {from: after + 1});
			return samples.map(sample => (sample.time < now - fineSeconds ? perSecond(sample) : sample));
		},
		readLogs: (id, options) => readLogs(engine, id, {follow: true, ...options}),
		watchEvents: options => watchEvents(engine, options),
		inspectContainer: id => inspectContainer(engine, id),
		inspectImage: id => inspectImage(engine, id),
		listVolumes: () => listVolumes(engine),
		listNetworks: () => listNetworks(engine),
		imageHistory: id => imageHistory(engine, id),
		imageFiles: id => imageFiles(engine, id),
		changes: id => diffContainer(engine, id),
		listFolder: (id, path) => listFolder(engine, id, path),
		readFile: (id, path, limit) => readFile(engine, id, path, limit),
		async copyOut(id, from, to) {
			await copyFromContainer(engine, id, from, to);
		},
		explainEnd: (id, lines) => explainEnd(engine, id, {lines}),
		info: () => engineInfo(engine),
		diskUse: () => diskUse(engine),
		check: async () => checks(engine),
		top: (id, options) => topContainer(engine, id, options),
		async start(id) {
			await startContainer(engine, id);
		},
		stop: (id, signal, onProgress) => stopContainer(engine, id, {onProgress, signalAbort: signal}),
		restart: id => restartContainer(engine, id),
		pause: id => pauseContainer(engine, id),
		unpause: id => unpauseContainer(engine, id),
		kill: (id, signal) => killContainer(engine, id, {signal}),
		async remove(id, force) {
			await removeContainer(engine, id, {force});
		},
		async removeImage(reference) {
			await removeImage(engine, reference);
		},
		removeVolume: name => removeVolume(engine, name),
		removeNetwork: id => removeNetwork(engine, id),
		command: async words => (await runSelf(engine, ...words)).trim(),
		audit: entry => appendFileSync(auditPath(engine), `${JSON.stringify(entry)}\n`, {mode: 0o600}),
		readAudit: () => readAudit(engine),
		listSessions: id => listSessions(engine, id),
		async bringToolbox(id) {
			await copyToContainer(engine, id, findBusybox(), toolbox);
			return toolboxCommand;
		},
		execCommand: (id, command) => selfCommand(engine, ['exec', '-it', id, ...command]),
		selfCommand: words => selfCommand(engine, words),
		recordings: `${engine.root}/recordings`,
	};
}

const selfCommand = (engine: Engine, words: readonly string[]): ShellCommand => ({
	file: engine.native.command,
	args: ['--root', engine.root, '--state', engine.state, ...words],
	env: Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
});

const auditPath = (engine: Engine): string => `${engine.root}/audit.jsonl`;
const auditShown = 1000;

/** What is broken (a full disk, a crash in the middle of a line) is left out. */
function readAudit(engine: Engine): AuditEntry[] {
	let text: string;
	try {
		text = readFileSync(auditPath(engine), 'utf8');
	} catch {
		return [];
	}
	return text
		.trimEnd()
		.split('\n')
		.slice(-auditShown)
		.toReversed()
		.flatMap(line => {
			try {
				return [JSON.parse(line) as AuditEntry];
			} catch {
				return [];
			}
		});
}
