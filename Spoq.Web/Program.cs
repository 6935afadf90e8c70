var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
var app = builder.Build();
app.MapStaticAssets();
await app.RunAsync();

/// <summary>The entry point; named for the tests that start it.</summary>
public partial class Program;
