import {hostname} from 'node:os';
import {
	type Engine,
	hostStats,
	inspectContainer,
	inspectImage,
	killContainer,
	listContainers,
	listImages,
	openStats,
	pauseContainer,
	readLogs,
	readStatsHistory,
	removeContainer,
	removeImage,
	restartContainer,
	startContainer,
	stopContainer,
	unpauseContainer,
	watchEvents,
} from '../../core/index.ts';
import type {EnginePort, HistorySample} from './store/engine-port.ts';

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

/** The console's engine: core, in this process. */
export function createEnginePort(engine: Engine): EnginePort {
	return {
		hostName: hostname(),
		listContainers: () => listContainers(engine, {all: true}),
		listImages: () => listImages(engine),
		hostSample: hostStats,
		openStats: id => openStats(engine, id),
		readHistory(id, after) {
			const now = Math.floor(Date.now() / 1000);
			const samples = readStatsHistory(engine, id, {from: after + 1});
			return samples.map(sample => (sample.time < now - fineSeconds ? perSecond(sample) : sample));
		},
		readLogs: (id, {tail, signal}) => readLogs(engine, id, {tail, follow: true, signal}),
		watchEvents: options => watchEvents(engine, options),
		inspectContainer: id => inspectContainer(engine, id),
		inspectImage: id => inspectImage(engine, id),
		async start(id) {
			await startContainer(engine, id);
		},
		stop: (id, onProgress) => stopContainer(engine, id, {onProgress}),
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
		execCommand: (id, command) => ({
			file: engine.native.command,
			args: ['--root', engine.root, '--state', engine.state, 'exec', '-it', id, ...command],
			env: Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
		}),
	};
}
