import 'nestjs-cqrs/testing/vitest';
import './matchers.js';
