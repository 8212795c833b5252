import {statSync} from 'node:fs';
import type {Resources} from '../container/model.ts';
import {EngineError} from '../errors/error.ts';
import type {DeviceRule, LinuxResources} from './spec.ts';

const PERIOD = 100_000;

/** Docker's wishes in the specification's words; what is not asked for is left out, and so unlimited. */
export function planResources(wishes: Resources, devices: readonly DeviceRule[]): LinuxResources {
	const memory = planMemory(wishes);
	const cpu = planCpu(wishes);
	const blockIO = planBlockIo(wishes);
	return {
		devices,
		...(memory && {memory}),
		...(cpu && {cpu}),
		...(wishes.pidsLimit !== undefined && wishes.pidsLimit > 0 && {pids: {limit: wishes.pidsLimit}}),
		...(blockIO && {blockIO}),
	};
}

function planMemory({memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness, oomKillDisable}: Resources): LinuxResources['memory'] {
	const planned = {
		...(memory > 0 && {limit: memory}),
		// Without a word about swap: as much again as memory. -1 is no limit.
		...(memory > 0 && {swap: memorySwap === 0 ? memory * 2 : memorySwap}),
		...(memoryReservation > 0 && {reservation: memoryReservation}),
		...(memorySwappiness !== undefined && {swappiness: memorySwappiness}),
		...(oomKillDisable === true && {disableOOMKiller: true}),
	};
	return Object.keys(planned).length === 0 ? undefined : planned;
}

function planCpu(wishes: Resources): LinuxResources['cpu'] {
	const {nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0, cpuRealtimePeriod = 0, cpuRealtimeRuntime = 0, cpusetCpus = '', cpusetMems = ''} = wishes;
	const cpu = {
		...(cpuShares > 0 && {shares: cpuShares}),
		...(nanoCpus > 0 && {period: PERIOD, quota: Math.round((nanoCpus * PERIOD) / 1e9)}),
		...(cpuPeriod > 0 && {period: cpuPeriod}),
		...(cpuQuota !== 0 && {quota: cpuQuota}),
		...(cpuRealtimePeriod > 0 && {realtimePeriod: cpuRealtimePeriod}),
		...(cpuRealtimeRuntime > 0 && {realtimeRuntime: cpuRealtimeRuntime}),
		...(cpusetCpus !== '' && {cpus: cpusetCpus}),
		...(cpusetMems !== '' && {mems: cpusetMems}),
	};
	return Object.keys(cpu).length === 0 ? undefined : cpu;
}

type Throttle = ReadonlyArray<{readonly path: string; readonly rate: number}>;

function planBlockIo(wishes: Resources): LinuxResources['blockIO'] {
	const blockIO = {
		...(wishes.blkioWeight !== undefined && wishes.blkioWeight > 0 && {weight: wishes.blkioWeight}),
		...((wishes.blkioWeightDevice ?? []).length > 0 && {weightDevice: wishes.blkioWeightDevice?.map(({path, weight}) => ({...deviceNumber(path), weight}))}),
		...throttle('throttleReadBpsDevice', wishes.deviceReadBps),
		...throttle('throttleWriteBpsDevice', wishes.deviceWriteBps),
		...throttle('throttleReadIOPSDevice', wishes.deviceReadIops),
		...throttle('throttleWriteIOPSDevice', wishes.deviceWriteIops),
	};
	return Object.keys(blockIO).length === 0 ? undefined : blockIO;
}

const throttle = (name: string, list: Throttle = []): Readonly<Record<string, unknown>> =>
	list.length === 0 ? {} : {[name]: list.map(({path, rate}) => ({...deviceNumber(path), rate}))};

/** As glibc's major() and minor() cut a device number. */
export const splitDevice = (device: number): {major: number; minor: number} => {
	const number = BigInt(device);
	return {major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n)), minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n))};
};

function deviceNumber(path: string): {major: number; minor: number} {
	const found = statSync(path, {throwIfNoEntry: false});
	if (found?.isBlockDevice() !== true) throw new EngineError({code: 'container.invalid', subject: path, message: `invalid device ${path}: it is not a block device of this host`});
	return splitDevice(found.rdev);
}
