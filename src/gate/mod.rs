//! Thresholds over a run or a comparison, and the decision that follows from them. Pure: the same runs and the same
//! settings give the same decision. How it is written for people and for CI systems is `report`'s business.
