/** Media types of the OCI image specification and of Docker's schema 2; they mean the same in pairs. */
export const mediaTypes = {
	ociIndex: 'application/vnd.oci.image.index.v1+json',
	ociManifest: 'application/vnd.oci.image.manifest.v1+json',
	ociConfig: 'application/vnd.oci.image.config.v1+json',
	dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
	dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
	dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const;

export const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerIndex]);
export const manifestTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.dockerManifest]);
export const configTypes: ReadonlySet<string> = new Set([mediaTypes.ociConfig, mediaTypes.dockerConfig]);

/** Layers that the unpacker reads. It tells the compression by the first bytes; the type only says that it is a tar. */
export const layerTypes: ReadonlySet<string> = new Set([
	'application/vnd.oci.image.layer.v1.tar',
	'application/vnd.oci.image.layer.v1.tar+gzip',
	'application/vnd.oci.image.layer.v1.tar+zstd',
	'application/vnd.oci.image.layer.nondistributable.v1.tar',
	'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
	'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
	'application/vnd.docker.image.rootfs.diff.tar',
	'application/vnd.docker.image.rootfs.diff.tar.gzip',
	'application/vnd.docker.image.rootfs.diff.tar.zstd',
	'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
]);

export const isSchema1 = (type: string): boolean => type.startsWith('application/vnd.docker.distribution.manifest.v1+');
