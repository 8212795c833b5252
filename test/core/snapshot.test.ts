import test from 'ava';
import {overlayDriver} from '../../core/snapshot/overlay.ts';
import {snapshotContract} from '../contracts/snapshot.ts';

snapshotContract(test, 'overlay', overlayDriver);
