using Foundation;
using Records.Model;

namespace Records;

/// <summary>A log that was written and hashed while it was streamed.</summary>
/// <param name="Path">Where it is. It stays there; the record gets the same file by a hard link, or a copy.</param>
/// <param name="Sha256">64 lowercase hexadecimal digits.</param>
/// <param name="Bytes">The size.</param>
public sealed record LogFile(string Path, string Sha256, long Bytes);

/// <summary>A record that is complete on the disk.</summary>
/// <param name="Path">Its folder, as a full path.</param>
/// <param name="Stamp">The folder's name.</param>
/// <param name="Record">What <c>run.json</c> says.</param>
public sealed record SealedRecord(string Path, UtcStamp Stamp, RunRecord Record);
