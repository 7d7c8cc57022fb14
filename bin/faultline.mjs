#!/usr/bin/env node
import '../scripts/faultline.mjs';
