// The tests run scripts and look at permissions as Unix has them.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
