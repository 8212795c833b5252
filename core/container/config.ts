import type {IdMap} from '../bundle/id-map.ts';
import type {Digest} from '../oci/digest.ts';
import type {Healthcheck} from '../oci/config.ts';
import type {MountPoint} from '../volume/model.ts';
import type {ContainerSpec, PortBinding, Resources, RestartPolicy} from './model.ts';

/** What the image and the user's wishes come to; never changes but by rename and update. */
export type ContainerConfig = {
	readonly entrypoint: readonly string[];
	readonly command: readonly string[];
	readonly env: readonly string[];
	readonly labels: Readonly<Record<string, string>>;
	/** '' is `/`. */
	readonly workdir: string;
	readonly user: string;
	readonly hostname: string;
	readonly domainname: string;
	readonly tty: boolean;
	readonly openStdin: boolean;
	readonly stdinOnce: boolean;
	readonly autoRemove: boolean;
	/** `bridge`, `host`, `none`, `container:ID`, or a network's name or id; what it is on is in the records of endpoints. */
	readonly network: string;
	readonly ports: readonly PortBinding[];
	readonly publishAll: boolean;
	/** `80/tcp`, of the image and of --expose. */
	readonly exposed: readonly string[];
	readonly mounts: readonly MountPoint[];
	/** As it was said; what it comes to is in `mounts`. */
	readonly volumesFrom?: readonly string[];
	readonly resources: Resources;
	readonly restart: RestartPolicy;
	/** '' is SIGTERM. */
	readonly stopSignal: string;
	readonly stopTimeout?: number;
	readonly healthcheck?: Healthcheck;
	/** The image's, for its health check. */
	readonly shell?: readonly string[];
	/** Lowest first. */
	readonly chainIds: readonly Digest[];
	readonly architecture: string;
	/** Made while the setting was on. */
	readonly hardened?: boolean;
	/** Ids of the host that it has to itself; absent: the host's own. */
	readonly idMap?: IdMap;
} & Required<
	Pick<
		ContainerSpec,
		'privileged' | 'readOnly' | 'capAdd' | 'capDrop' | 'securityOpt' | 'init' | 'dns' | 'dnsSearch' | 'dnsOptions' | 'extraHosts' | 'groupAdd' | 'sysctls' | 'ulimits' | 'devices'
	>
> &
	Required<Pick<ContainerSpec, 'shmSize' | 'pid' | 'ipc' | 'uts' | 'userns' | 'cgroupns' | 'logDriver' | 'logOptions' | 'runtime' | 'annotations'>> &
	Pick<ContainerSpec, 'deviceRequests' | 'cgroupParent' | 'storageOptions' | 'isolation' | 'idFile' | 'attach'>;
