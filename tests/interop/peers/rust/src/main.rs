//! engram_peer_zarrs zarrs read|write SPEC.json: a peer of the interop matrix (see matrix_languages.py for SPEC.json).
//! Prints a line [name, "done", "not asked" or what the library said] for each cell.
use std::error::Error;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

use serde_json::{json, Value};
use zarrs::array::{Array, ArrayBytes, ArrayBytesOffsets, ArraySubset, CodecOptions};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::Group;
use zarrs::metadata::v2::{ArrayMetadataV2, GroupMetadataV2};

type Outcome = Result<&'static str, Box<dyn Error>>;

fn text<'a>(cell: &'a Value, name: &str) -> &'a str {
    cell[name].as_str().unwrap_or_default()
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().map(|items| items.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
}

fn read(cell: &Value) -> Outcome {
    let store = Arc::new(FilesystemStore::new(text(cell, "store"))?);
    let array = Array::open(store, &format!("/{}", text(cell, "path")))?;
    let out = text(cell, "out");
    match array.retrieve_array_subset::<ArrayBytes>(&array.subset_all())? {
        ArrayBytes::Fixed(bytes) => std::fs::write(format!("{out}.bin"), &bytes)?,
        ArrayBytes::Variable(bytes) => {
            let (data, offsets) = bytes.into_parts();
            let item = |ends: &[usize]| match std::str::from_utf8(&data[ends[0]..ends[1]]) {
                Ok(text) => json!(text),
                Err(_) => json!({"bytes": data[ends[0]..ends[1]].iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
            };
            let items: Vec<Value> = offsets.windows(2).map(item).collect();
            std::fs::write(format!("{out}.json"), json!([array.shape(), items]).to_string())?;
        }
        ArrayBytes::Optional(_) => return Err("values with a mask".into()),
    }
    Ok("done")
}

/// The places in C order of the elements of a box.
fn places(origin: &[u64], shape: &[u64], whole: &[u64]) -> Vec<usize> {
    let mut found = vec![0u64];
    for axis in 0..shape.len() {
        found = found.iter().flat_map(|place| (0..shape[axis]).map(move |i| place * whole[axis] + origin[axis] + i)).collect();
    }
    found.into_iter().map(|place| place as usize).collect()
}

fn write(cell: &Value) -> Outcome {
    let zarray = &cell["zarray"];
    if cell["consolidated"] == true {
        return Ok("not asked");
    }
    let store = Arc::new(FilesystemStore::new(text(cell, "store"))?);
    Group::new_with_metadata(store.clone(), "/", GroupMetadataV2::new().into())?.store_metadata()?;
    let metadata: ArrayMetadataV2 = serde_json::from_value(zarray.clone())?;
    let array = Array::new_with_metadata(store, &format!("/{}", text(cell, "path")), metadata.into())?;
    array.store_metadata()?;
    let options = CodecOptions::default().with_store_empty_chunks(cell["write_empty"] == true);
    let data = std::fs::read(text(cell, "data"))?;
    let shape = numbers(&zarray["shape"]);
    let whole = json!([[vec![0; shape.len()], shape]]);
    let boxes = if cell["regions"].is_null() { &whole } else { &cell["regions"] };
    for region in boxes.as_array().into_iter().flatten() {
        let (origin, extent) = (numbers(&region[0]), numbers(&region[1]));
        let chosen = places(&origin, &extent, &shape);
        let subset = ArraySubset::new_with_start_shape(origin, extent)?;
        if zarray["dtype"] == "|O" {
            let objects: Vec<Value> = serde_json::from_slice(&data)?;
            let items: Option<Vec<Vec<u8>>> = chosen.iter().map(|&place| bytes_of(&objects[place])).collect();
            let Some(items) = items else { return Ok("not asked") };
            let mut offsets = vec![0];
            items.iter().for_each(|item| offsets.push(offsets[offsets.len() - 1] + item.len()));
            let values = ArrayBytes::new_vlen(items.concat(), ArrayBytesOffsets::new(offsets)?)?;
            array.store_array_subset_opt(&subset, values, &options)?
        } else {
            let size = data.len() / shape.iter().product::<u64>().max(1) as usize;
            let part: Vec<u8> = chosen.iter().flat_map(|&place| data[place * size..(place + 1) * size].iter().copied()).collect();
            array.store_array_subset_opt(&subset, ArrayBytes::new_flen(part), &options)?;
        }
    }
    Ok("done")
}

fn bytes_of(object: &Value) -> Option<Vec<u8>> {
    if let Some(text) = object.as_str() {
        return Some(text.into());
    }
    let digits = object["bytes"].as_str()?;
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).ok()).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let act = if arguments[2] == "read" { read } else { write };
    std::panic::set_hook(Box::new(|_| {}));
    let cells: Vec<Value> = serde_json::from_slice(&std::fs::read(&arguments[3])?)?;
    for cell in &cells {
        let outcome = match catch_unwind(AssertUnwindSafe(|| act(cell))) {
            Ok(Ok(word)) => word.to_string(),
            Ok(Err(error)) => format!("Error: {}", error.to_string().lines().next().unwrap_or_default()),
            Err(panic) => format!("panic: {}", panic.downcast_ref::<String>().cloned().unwrap_or_default()),
        };
        println!("{}", json!([cell["name"], outcome]));
    }
    Ok(())
}
