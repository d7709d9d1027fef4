import { randomUUID } from 'node:crypto';
import type { Delivery, DurableTransport, Job, Outcome, QueueSpec, RetryPolicy } from '#nestjs-cqrs/extension.js';
