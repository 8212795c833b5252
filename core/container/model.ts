import type {Healthcheck} from '../oci/config.ts';
import type {NetworkWish} from '../network/model.ts';
import type {MountSpec} from '../volume/model.ts';

/** Containers as records and as seen live. Sizes are bytes, times RFC 3339 in UTC, unless a name says otherwise. */

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'stopping' | 'removing' | 'exited' | 'dead';

export type RestartPolicy = {readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'; readonly maximumRetryCount: number};

/** One published port. `hostPort` 0: any free one. */
export type PortBinding = {readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly hostIp: string; readonly hostPort: number; readonly containerPort: number};

export type {Healthcheck, MountSpec};

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

export type Resources = {
	readonly memory?: number;
	readonly memorySwap?: number;
	readonly memoryReservation?: number;
	/** 0 to 100; absent: the host's. */
	readonly memorySwappiness?: number;
	readonly oomKillDisable?: boolean;
	readonly nanoCpus?: number;
	readonly cpuShares?: number;
	readonly cpuPeriod?: number;
	readonly cpuQuota?: number;
	/** Microseconds, of the real-time scheduler. */
	readonly cpuRealtimePeriod?: number;
	readonly cpuRealtimeRuntime?: number;
	readonly cpusetCpus?: string;
	readonly cpusetMems?: string;
	readonly pidsLimit?: number;
	readonly blkioWeight?: number;
	readonly blkioWeightDevice?: ReadonlyArray<{readonly path: string; readonly weight: number}>;
	readonly deviceReadBps?: ReadonlyArray<{readonly path: string; readonly rate: number}>;
	readonly deviceWriteBps?: ReadonlyArray<{readonly path: string; readonly rate: number}>;
	readonly deviceReadIops?: ReadonlyArray<{readonly path: string; readonly rate: number}>;
	readonly deviceWriteIops?: ReadonlyArray<{readonly path: string; readonly rate: number}>;
	readonly oomScoreAdj?: number;
	/** `c 1:3 rwm`: what the container may do with devices, nodes apart. */
	readonly deviceCgroupRules?: readonly string[];
};

/** Devices by what they can do, which CDI's files on the host tell. `count` -1: all. */
export type DeviceRequest = {
	readonly driver: string;
	readonly count: number;
	readonly deviceIds: readonly string[];
	readonly capabilities: readonly string[];
	readonly options: Readonly<Record<string, string>>;
};

/** What `create` and `run` ask for. Absent fields take the image's values, then Docker's defaults. */
export type ContainerSpec = {
	readonly name?: string;
	/** As the user typed it. */
	readonly image: string;
	readonly command?: readonly string[];
	/** `[]` clears the image's. */
	readonly entrypoint?: readonly string[];
	/** KEY=VALUE, or KEY alone, which removes the image's. */
	readonly env?: readonly string[];
	readonly labels?: Readonly<Record<string, string>>;
	readonly workdir?: string;
	readonly user?: string;
	readonly hostname?: string;
	readonly domainname?: string;
	readonly tty?: boolean;
	readonly openStdin?: boolean;
	readonly stdinOnce?: boolean;
	readonly autoRemove?: boolean;
	/** `bridge`, `host`, `none`, `container:NAME`, or a network's name or id: the first of `networks`. */
	readonly network?: string;
	/** Each with what is asked of the place on it; absent: `network` alone. */
	readonly networks?: readonly NetworkWish[];
	readonly ports?: readonly PortBinding[];
	readonly publishAll?: boolean;
	readonly expose?: readonly string[];
	readonly mounts?: readonly MountSpec[];
	/** `CONTAINER[:MODE]`: whose mounts it has as well. */
	readonly volumesFrom?: readonly string[];
	readonly tmpfs?: Readonly<Record<string, string>>;
	readonly resources?: Resources;
	readonly restart?: RestartPolicy;
	readonly stopSignal?: string;
	readonly stopTimeout?: number;
	/** What is absent in it is the image's. */
	readonly healthcheck?: Healthcheck;
	readonly privileged?: boolean;
	readonly readOnly?: boolean;
	readonly capAdd?: readonly string[];
	readonly capDrop?: readonly string[];
	readonly securityOpt?: readonly string[];
	readonly init?: boolean;
	readonly dns?: readonly string[];
	readonly dnsSearch?: readonly string[];
	readonly dnsOptions?: readonly string[];
	readonly extraHosts?: readonly string[];
	readonly groupAdd?: readonly string[];
	readonly sysctls?: Readonly<Record<string, string>>;
	readonly ulimits?: ReadonlyArray<{readonly name: string; readonly soft: number; readonly hard: number}>;
	readonly shmSize?: number;
	readonly devices?: readonly string[];
	readonly deviceRequests?: readonly DeviceRequest[];
	readonly pid?: string;
	readonly ipc?: string;
	readonly uts?: string;
	/** `host`, `auto` (ids of its own) or `auto:size=N`; absent: as the settings say. */
	readonly userns?: string;
	readonly cgroupns?: string;
	/** Cgroup path that the container's own is below; absent: the store's. */
	readonly cgroupParent?: string;
	readonly storageOptions?: Readonly<Record<string, string>>;
	readonly isolation?: string;
	/** Kept for inspect: the file that the id was written to, and what the client was joined to. */
	readonly idFile?: string;
	readonly attach?: {readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean};
	readonly logDriver?: string;
	readonly logOptions?: Readonly<Record<string, string>>;
	readonly runtime?: string;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly platform?: string;
};

/** A line of `ps`, and of the console's list. */
export type ContainerSummary = {
	readonly id: string;
	readonly name: string;
	/** As the user named it. */
	readonly image: string;
	readonly imageId: string;
	/** argv as Docker shows it, joined and unquoted. */
	readonly command: string;
	readonly createdAt: string;
	readonly status: ContainerStatus;
	/** What is wrong with the record of it, e.g. that its monitor has died. */
	readonly note?: string;
	readonly health?: HealthStatus;
	readonly startedAt?: string;
	readonly finishedAt?: string;
	/** Of the last end; absent before the first. */
	readonly exitCode?: number;
	readonly oomKilled: boolean;
	readonly restartCount: number;
	readonly pid: number;
	readonly ports: readonly PublishedPort[];
	readonly networks: Readonly<Record<string, {readonly ip: string}>>;
	readonly mounts: readonly string[];
	readonly labels: Readonly<Record<string, string>>;
	/** cgroup path below each hierarchy. */
	readonly cgroup: string;
	readonly resources: Resources;
	readonly tty: boolean;
	/** Bytes of the writable layer, only where asked for. */
	readonly sizeRw?: number;
	/** With the image's. */
	readonly sizeRootFs?: number;
};

/** `hostPort` absent: exposed only. */
export type PublishedPort = {readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly containerPort: number; readonly hostIp?: string; readonly hostPort?: number};

export type ExitStatus = {readonly exitCode: number; readonly signal: number; readonly oomKilled: boolean; readonly finishedAt: string};

/** What one reading of a container's cgroup and network says; counters are totals since its start. */
export type StatsSample = {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly cpuMicros: number;
	readonly cpuUserMicros: number;
	readonly cpuSystemMicros: number;
	readonly throttledMicros: number;
	/** CPUs the container may use. */
	readonly onlineCpus: number;
	/** Without reclaimable (inactive) file cache, as `docker stats` counts. */
	readonly memory: number;
	readonly memoryCache: number;
	readonly memorySwap: number;
	/** The limit, or the host's memory where there is none. */
	readonly memoryLimit: number;
	readonly readBytes: number;
	readonly writeBytes: number;
	readonly devices: ReadonlyArray<{readonly device: string; readonly readBytes: number; readonly writeBytes: number}>;
	readonly rxBytes: number;
	readonly txBytes: number;
	readonly pids: number;
	readonly pidsLimit: number;
	readonly oomKills: number;
	/** Share of time in percent over the last 10 s, where the kernel tells. */
	readonly pressure?: {readonly cpuSome: number; readonly memorySome: number; readonly memoryFull: number; readonly ioSome: number; readonly ioFull: number};
};

export type LogEntry = {
	readonly stream: 'stdout' | 'stderr';
	readonly time: string;
	readonly log: string;
	/** Labels, variables and the tag, as `--log-opt` asked for them. */
	readonly attrs?: Readonly<Record<string, string>>;
};

/** A live connection to a container's main process or to an exec session. */
export type Attachment = {
	/** Sends input; resolves when there is room for more. */
	write(data: Uint8Array): Promise<void>;
	/** End of input. */
	end(): void;
	resize(rows: number, columns: number): void;
	/** Output in order; call once. */
	onOutput(listener: (stream: 1 | 2, data: Uint8Array) => void): void;
	/** Bytes that this reader was too slow for. */
	onLost(listener: (bytes: number) => void): void;
	/** Ends with the process, or with 'detached' after detach(), or rejects when the monitor goes away. */
	readonly exit: Promise<ExitStatus | 'detached'>;
	/** Back-pressure: no more output until resume(). */
	pause(): void;
	resume(): void;
	/** Leaves the process running. */
	detach(): void;
	/** pid of the process on the host, where it is known. */
	readonly pid: number;
};

export type ExecSpec = {
	readonly command: readonly string[];
	readonly env?: readonly string[];
	readonly workdir?: string;
	readonly user?: string;
	readonly tty?: boolean;
	readonly stdin?: boolean;
	readonly privileged?: boolean;
	/** Nobody reads the output. */
	readonly detach?: boolean;
	/** The process waits for a slow reader (the default), in place of output being dropped. */
	readonly lossless?: boolean;
	readonly rows?: number;
	readonly columns?: number;
};
