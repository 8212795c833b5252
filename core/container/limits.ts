import {existsSync} from 'node:fs';
import {EngineError} from '../errors/error.ts';
import {cgroupFolder, cgroupLayout} from '../platform/cgroup.ts';
import {readIfThere} from '../platform/files.ts';
import type {Resources} from './model.ts';

const invalid = (subject: string, message: string): EngineError => new EngineError({code: 'container.invalid', subject, message});

const MIB = 1024 * 1024;
const MINIMUM_MEMORY = 6 * MIB;

/** Refuses limits that make no sense, in Docker's words. `update`: a swap limit may come alone, since there is a memory limit already. */
export function checkResources(resources: Resources, {update = false}: {readonly update?: boolean} = {}): void {
	checkMemory(resources, update);
	checkCpu(resources);
	checkSets(resources);
	const {blkioWeight = 0, oomScoreAdj = 0} = resources;
	if (blkioWeight !== 0 && (blkioWeight < 10 || blkioWeight > 1000)) throw invalid('blkio-weight', 'Range of blkio weight is from 10 to 1000');
	if (oomScoreAdj < -1000 || oomScoreAdj > 1000) throw invalid('oom-score-adj', `Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
	for (const rule of resources.deviceCgroupRules ?? [])
		if (!/^[acb] (\d{1,10}|\*):(\d{1,10}|\*) [rwm]{1,3}$/.test(rule)) throw invalid(rule, `invalid device cgroup rule format: '${rule}'`);
}

function checkMemory({memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness}: Resources, update: boolean): void {
	if (memory !== 0 && memory < MINIMUM_MEMORY) throw invalid('memory', 'Minimum memory limit allowed is 6MB');
	if (memory > 0 && memorySwap > 0 && memorySwap < memory) throw invalid('memory-swap', 'Minimum memoryswap limit should be larger than memory limit, see usage');
	if (memory === 0 && memorySwap > 0 && !update) throw invalid('memory-swap', 'You should always set the Memory limit when using Memoryswap limit, see usage');
	if (memorySwappiness !== undefined && (memorySwappiness < 0 || memorySwappiness > 100))
		throw invalid('memory-swappiness', `Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
	if (memoryReservation > 0 && memoryReservation < MINIMUM_MEMORY) throw invalid('memory-reservation', 'Minimum memory reservation allowed is 6MB');
	if (memory > 0 && memoryReservation > memory) throw invalid('memory-reservation', 'Minimum memory limit can not be less than memory reservation limit, see usage');
}

const hostCpus = (): number => process.getBuiltinModule('node:os').availableParallelism();

function checkCpu({nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0}: Resources): void {
	if (nanoCpus > 0 && cpuPeriod > 0) throw invalid('cpus', 'Conflicting options: Nano CPUs and CPU Period cannot both be set');
	if (nanoCpus > 0 && cpuQuota > 0) throw invalid('cpus', 'Conflicting options: Nano CPUs and CPU Quota cannot both be set');
	if (nanoCpus !== 0) {
		const available = hostCpus();
		if (nanoCpus < 0 || nanoCpus > available * 1e9) throw invalid('cpus', `range of CPUs is from 0.01 to ${available}.00, as there are only ${available} CPUs available`);
	}
	if (cpuPeriod !== 0 && (cpuPeriod < 1000 || cpuPeriod > 1_000_000))
		throw invalid('cpu-period', 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
	if (cpuQuota > 0 && cpuQuota < 1000) throw invalid('cpu-quota', 'CPU cfs quota can not be less than 1ms (i.e. 1000)');
	if (cpuShares < 0) throw invalid('cpu-shares', `invalid CPU shares (${cpuShares}): value must be a positive integer`);
}

function checkSets({cpusetCpus = '', cpusetMems = ''}: Resources): void {
	checkSet('cpus', 'CPUs', cpusetCpus);
	checkSet('mems', 'memory nodes', cpusetMems);
}

function checkSet(kind: 'cpus' | 'mems', what: string, asked: string): void {
	if (asked === '') return;
	const wanted = parseSet(asked);
	if (wanted === undefined) throw invalid(`cpuset-${kind}`, `Invalid value ${asked} for cpuset ${kind}`);
	const have = (cgroupLayout().version === 2 ? readSet('', `cpuset.${kind}.effective`) : readSet('cpuset', `cpuset.${kind}`)).trim();
	const present = parseSet(have);
	if (present !== undefined && wanted.some(number => !present.includes(number)))
		throw invalid(`cpuset-${kind}`, `Requested ${what} are not available - requested ${asked}, available: ${have}`);
}

const readSet = (controller: string, file: string): string => readIfThere(`${cgroupFolder('', controller)}/${file}`) ?? '';

/** More than any machine has: a range must not fill the memory. */
const LARGEST = 8192;

/** `0-2,5`; undefined: it is none. */
function parseSet(text: string): number[] | undefined {
	if (!/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(text)) return undefined;
	const numbers: number[] = [];
	for (const part of text.split(',')) {
		const [first = 0, last = first] = part.split('-').map(Number);
		if (last > LARGEST || first > last) return undefined;
		for (let number = first; number <= last; number++) numbers.push(number);
	}
	return numbers;
}

export type FittedResources = {readonly resources: Resources; readonly warnings: readonly string[]};

/** What this kernel cannot do is left out, with Docker's warning. */
export function fitResources(asked: Resources): FittedResources {
	const resources: {-readonly [K in keyof Resources]: Resources[K]} = {...asked};
	const warnings: string[] = [];
	const drop = (key: keyof Resources, warning?: string): void => {
		delete resources[key];
		if (warning !== undefined) warnings.push(warning);
	};
	if (asked.memorySwappiness !== undefined && !has('memory', 'memory.swappiness'))
		drop('memorySwappiness', 'Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
	if (asked.oomKillDisable !== undefined && !has('memory', 'memory.oom_control'))
		drop('oomKillDisable', asked.oomKillDisable ? 'Your kernel does not support OomKillDisable. OomKillDisable discarded.' : undefined);
	if (resources.oomKillDisable === true && (asked.memory ?? 0) === 0)
		warnings.push('OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.');
	if ((asked.blkioWeight ?? 0) > 0 && !hasWeight('weight')) drop('blkioWeight', 'Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
	if ((asked.blkioWeightDevice ?? []).length > 0 && !hasWeight('weight_device'))
		drop('blkioWeightDevice', 'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.');
	return {resources, warnings};
}

const has = (controller: string, file: string): boolean => cgroupLayout().version === 1 && existsSync(`${cgroupFolder('', controller)}/${file}`);

/** v2 has io.weight wherever it has the controller; v1's files come with a scheduler. */
function hasWeight(file: string): boolean {
	if (cgroupLayout().version === 2) return / ?io( |$)/m.test(readIfThere(`${cgroupFolder('', '')}/cgroup.controllers`) ?? '');
	return has('blkio', `blkio.${file}`) || has('blkio', `blkio.bfq.${file}`);
}
