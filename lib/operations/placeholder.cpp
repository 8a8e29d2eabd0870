namespace iotcard {}
