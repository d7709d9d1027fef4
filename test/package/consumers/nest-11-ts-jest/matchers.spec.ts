import 'nestjs-cqrs/testing/jest';
import './matchers.js';
