import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import type {ContainerConfig} from './config.ts';
import type {ContainerSpec} from './model.ts';
import {isRunning, readLive} from './live.ts';
import {type ContainerRecord, findRecord, recordById} from './record.ts';

/** Namespaces of another container's that this one lives in: `--pid container:web`, `--ipc container:web`, `--network container:web`. */

type Joined = Pick<ContainerConfig, 'pid' | 'ipc' | 'network'>;

const PREFIX = 'container:';

const invalid = (subject: string, message: string): EngineError => new EngineError({code: 'container.invalid', subject, message});

/** The other container's name becomes its id: it may be renamed. */
export function joinNamespaces<T extends Joined>(engine: Engine, config: T): T {
	return {...config, pid: resolve(engine, config.pid), ipc: resolve(engine, config.ipc), network: resolve(engine, config.network)};
}

function resolve(engine: Engine, mode: string): string {
	if (!mode.startsWith(PREFIX)) return mode;
	try {
		return `${PREFIX}${findRecord(engine.db, mode.slice(PREFIX.length)).id}`;
	} catch (error) {
		if (!isEngineError(error, 'container.not-found')) throw error;
		throw invalid(mode, error.message);
	}
}

export type JoinedPids = {readonly pid?: number; readonly ipc?: number; readonly network?: number};

/** Process ids of the containers whose namespaces are joined: they must run. */
export function joinedPids(engine: Engine, {config}: ContainerRecord): JoinedPids {
	const pid = donor(engine, config.pid);
	const ipc = donor(engine, config.ipc);
	const network = donor(engine, config.network);
	if (ipc !== undefined && !['shareable', 'host'].includes(ipc.record.config.ipc))
		throw invalid(ipc.record.name, `container ${ipc.record.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`);
	return {...(pid && {pid: pid.pid}), ...(ipc && {ipc: ipc.pid}), ...(network && {network: network.pid})};
}

/** Whose network a container lives in, with its /etc/hosts and name. */
export const networkDonor = (engine: Engine, {config}: ContainerRecord): ContainerRecord | undefined => donor(engine, config.network)?.record;

function donor(engine: Engine, mode: string): {readonly record: ContainerRecord; readonly pid: number} | undefined {
	if (!mode.startsWith(PREFIX)) return undefined;
	const id = mode.slice(PREFIX.length);
	const record = recordById(engine.db, id);
	if (record === undefined) throw invalid(id, `No such container: ${id}`);
	const live = readLive(engine, id);
	if (live.status === 'restarting')
		throw new EngineError({code: 'container.restarting', subject: record.name, message: `Container ${id} is restarting, wait until the container is running`});
	if (!isRunning(live) || live.pid === 0) throw new EngineError({code: 'container.not-running', subject: record.name, message: `container ${id} is not running`});
	return {record, pid: live.pid};
}

type Modes = Pick<ContainerSpec, 'pid' | 'ipc' | 'uts' | 'cgroupns' | 'isolation' | 'hostname'>;

/** Docker's sentences for a mode that is none. */
export function checkModes({pid = '', ipc = '', uts = '', cgroupns = '', isolation = '', hostname = ''}: Modes): void {
	const other = /^container:.+$/;
	if (!['', 'host', 'private'].includes(pid) && !other.test(pid)) throw invalid(pid, '--pid: invalid PID mode');
	if (!['', 'none', 'private', 'shareable', 'host'].includes(ipc) && !other.test(ipc)) throw invalid(ipc, `invalid IPC mode: ${ipc}`);
	if (uts === 'host' && hostname !== '') throw invalid(hostname, 'conflicting options: hostname and the UTS mode');
	if (!['', 'host', 'private'].includes(uts)) throw invalid(uts, '--uts: invalid UTS mode');
	if (!['', 'host', 'private'].includes(cgroupns)) throw invalid(cgroupns, '--cgroupns: invalid CGROUP mode');
	if (!['', 'default'].includes(isolation)) throw invalid(isolation, `invalid isolation '${isolation}' on linux`);
}
